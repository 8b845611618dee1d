import Foundation

/// A tmpfs over a node's directory, whose size can be taken away and given back.
struct SmallDisk: Sendable {
  let directory: String
  /// Grows only as it is used; large enough that a run never fills it.
  private static let fullSize = 16 << 30

  /// Mounts it. Nobody outside sees it, and it ends with the mount namespace.
  init(at directory: String) async throws {
    self.directory = directory
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try await Shell.run(["mount", "-t", "tmpfs", "-o", "size=\(Self.fullSize)", "tmpfs", directory])
  }

  /// Leaves so many bytes free.
  func fill(leaving bytes: Int) async throws {
    var failure: (any Error)?
    // What is written between the two steps may already be more than the size that was asked for.
    for _ in 0..<50 {
      do { return try await resize(try used() + bytes) } catch { failure = error }
    }
    throw failure ?? BenchError("\(directory) cannot be filled")
  }

  private func used() throws -> Int {
    var status = statvfs()
    guard statvfs(directory, &status) == 0 else {
      throw BenchError("cannot measure \(directory): \(String(cString: strerror(errno)))")
    }
    return Int(status.f_blocks - status.f_bfree) * Int(status.f_frsize)
  }

  /// Gives all room back.
  func empty() async throws { try await resize(Self.fullSize) }

  /// Takes it away with all that is on it.
  func unmount() async throws { try await Shell.run(["umount", directory]) }

  /// Moves what is on it to the directory below, where it outlasts the mount.
  func preserve() async throws {
    try await Shell.run(["cp", "-a", directory, directory + "-kept"], within: .seconds(60))
    try await unmount()
    try FileManager.default.removeItem(atPath: directory)
    try FileManager.default.moveItem(atPath: directory + "-kept", toPath: directory)
  }

  private func resize(_ bytes: Int) async throws {
    try await Shell.run(["mount", "-o", "remount,size=\(bytes)", directory])
  }
}
