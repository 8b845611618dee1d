/// What can go wrong in a system call.
public enum Fault: Hashable, Sendable {
  /// The machine stops in the middle of the call, whose effect may have been begun. Every later call fails until
  /// `SimulatedFiles.powerCut` or `SimulatedFiles.kill` says how it went on.
  case crash
  /// The call does nothing and fails with EIO.
  case inputOutput
  /// The disk is full from this call on until `SimulatedFiles.makeRoom`: ENOSPC.
  case noSpace
  /// A part is written, and then the disk is full for this one call.
  case shortWrite
  /// The fsync fails with EIO and as much as a seed decides has reached the disk. As on Linux the pages are
  /// clean from then on: they are read as written if `cacheKept` (ext4, XFS), as they are on the disk otherwise
  /// (Btrfs), and no later fsync writes them (Rebello et al., USENIX ATC 2020). The names of a directory are not
  /// forgotten: they stand in the file system's journal.
  case failedSync(cacheKept: Bool)

  /// Whether the fault can happen in a call.
  public func canStrike(_ call: SystemCall) -> Bool {
    switch self {
    case .crash: call.changesDisk
    case .inputOutput: true
    case .noSpace: call.needsRoom
    case .shortWrite: call == .write
    case .failedSync: call == .synchronize || call == .synchronizeDirectory
    }
  }
}

/// What becomes of one system call.
enum Verdict {
  case succeeds
  /// It takes effect in memory, but nobody hears of it.
  case dies
  case fails(errno: Int32)
  case writesPart
  case syncFails(cacheKept: Bool)
}
