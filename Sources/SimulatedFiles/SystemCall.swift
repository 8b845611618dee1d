/// The system calls that reach a disk.
public enum SystemCall: Hashable, Sendable, CaseIterable {
  case open, read
  case create, write, truncate, synchronize
  case remove, rename, makeDirectory, synchronizeDirectory

  /// Whether the call changes what is, or will be, on the disk.
  public var changesDisk: Bool { self != .open && self != .read }

  /// Whether the call may need room that the disk has not.
  var needsRoom: Bool { [.create, .write, .rename, .makeDirectory].contains(self) }
}
