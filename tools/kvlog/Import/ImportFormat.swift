import Foundation

/// The formats that can be imported.
enum ImportFormat: String, CaseIterable {
  /// Lines of `WRITE key value`.
  case text
  /// Lines of JSON objects.
  case json
  /// A stream of Redis commands, or a Redis append-only file.
  case resp

  /// What the first bytes of a file look like. Throws for a snapshot of Redis.
  static func detect(_ start: Data, in path: String) throws -> ImportFormat {
    if start.starts(with: "REDIS".utf8) {
      throw Unusable(
        """
        \(path) begins with a snapshot (RDB), which cannot be imported: let Redis write commands only, with \
        `redis-cli config set aof-use-rdb-preamble no` and `redis-cli bgrewriteaof`, and import that file or its \
        directory.
        """)
    }
    switch start.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D }) {
    case UInt8(ascii: "*"), UInt8(ascii: "#"): return .resp
    case UInt8(ascii: "{"): return .json
    default: return .text
    }
  }
}
