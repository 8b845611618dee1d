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
    var status = statvfs()
    guard statvfs(directory, &status) == 0 else {
      throw BenchError("cannot measure \(directory): \(String(cString: strerror(errno)))")
    }
    let used = Int(status.f_blocks - status.f_bfree) * Int(status.f_frsize)
    try await resize(used + bytes)
  }

  /// Gives all room back.
  func empty() async throws { try await resize(Self.fullSize) }

  /// Moves what is on it to the directory below, where it outlasts the mount.
  func preserve() async throws {
    try await Shell.run(["cp", "-a", directory, directory + "-kept"], within: .seconds(60))
    try await Shell.run(["umount", directory])
    try FileManager.default.removeItem(atPath: directory)
    try FileManager.default.moveItem(atPath: directory + "-kept", toPath: directory)
  }

  private func resize(_ bytes: Int) async throws {
    try await Shell.run(["mount", "-o", "remount,size=\(bytes)", directory])
  }
}
