import Foundation

/// A path in a folder of its own, which is removed with it.
final class TemporaryFile {
  let folder: String
  var path: String { folder + "/test.db" }

  init() throws {
    folder = NSTemporaryDirectory() + "kvorum-sqlite-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}
