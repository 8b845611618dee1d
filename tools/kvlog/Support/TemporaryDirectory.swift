import Foundation
import Storage

/// A directory for files that are needed for as long as the value lives.
final class TemporaryDirectory {
  let path: String

  /// - Parameter place: The directory in which it is made; the system's for such files if it is nil.
  init(in place: String? = nil) throws {
    path = (place ?? NSTemporaryDirectory()) + "/kvlog-\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Unusable(
        "\(path) cannot be made (\(error.localizedDescription)): name another place with --scratch.")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes a directory in it.
  func directory(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: false)
    return path + "/" + name
  }
}
