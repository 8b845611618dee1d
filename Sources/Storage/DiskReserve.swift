import Glibc
import Synchronization

/// Room on a node's disk that is kept for what must still be written when others have taken all the rest
/// (design 4.11): the entries under way, promises, and what says that they are there.
///
/// It is a file of real blocks, so that a disk which is filled at one stroke leaves no time in which there is none.
public final class DiskReserve: Sendable {
  /// Its size in bytes.
  public static let size: Int64 = 16 << 20

  private let path: String
  private let held: Mutex<Bool>

  /// The reserve in a node's directory, held or not as an earlier process left it.
  public init(directory: String) {
    path = directory + "/reserve"
    var status = stat()
    held = Mutex(stat(path, &status) == 0 && Int64(status.st_blocks) * 512 >= Self.size)
  }

  /// Whether the room is there.
  public var isHeld: Bool { held.withLock { $0 } }

  /// Takes the room, and says whether it is there now.
  public func hold() -> Bool {
    held.withLock { held in
      guard !held else { return true }
      let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      held = posix_fallocate(descriptor, 0, off_t(Self.size)) == 0
      if !held { unlink(path) }
      return held
    }
  }

  /// Gives the room to whoever has just found none; says whether there was any.
  @discardableResult
  public func release() -> Bool {
    held.withLock { held in
      defer { held = false }
      // Also a part that an earlier process could not complete.
      return unlink(path) == 0 && held
    }
  }
}
