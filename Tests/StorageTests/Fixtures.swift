import Foundation
import Replication
import Storage

/// Files that older releases have written, as SQL.
enum Fixtures {
  static func sql(_ name: String) throws -> String {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "Fixtures")
    return try String(contentsOf: folder.appendingPathComponent(name + ".sql"), encoding: .utf8)
  }

  /// A node of an older format: its log ends at entry 12, of which all are applied.
  static func node(ofFormat format: Int, in directory: String) throws -> [(sql: String, path: String)] {
    [
      (try sql("log-\(format)"), DataDirectory.log(in: directory)),
      (try sql("replica-\(format)"), DataDirectory.replica(in: directory)),
    ]
  }
}
