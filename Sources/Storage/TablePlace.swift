import Glibc
import SQLite

/// Where a byte string stands in a table that is ordered by it, relative to others.
struct TablePlace {
  var form: ByteStringForm
  /// The place among those that were to be ordered.
  var position: Int
  /// The first eight bytes, as a number in their order; zeros stand for those that are missing. With it most strings
  /// are ordered without a look at them.
  private var prefix: UInt64

  /// Orders byte strings as the table does: texts before blobs, each by their bytes.
  static func inOrder(_ count: Int, _ bytes: (Int) -> [UInt8]) -> [TablePlace] {
    var places = (0..<count).map { position in
      bytes(position).withUnsafeBytes {
        TablePlace(form: ByteStringForm(of: $0), position: position, prefix: prefix(of: $0))
      }
    }
    places.sort { a, b in
      if a.form != b.form { return a.form == .text }
      if a.prefix != b.prefix { return a.prefix < b.prefix }
      return precedes(bytes(a.position), bytes(b.position))
    }
    return places
  }

  private static func prefix(of key: UnsafeRawBufferPointer) -> UInt64 {
    if key.count >= 8 { return UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)) }
    var prefix: UInt64 = 0
    for byte in key { prefix = prefix << 8 | UInt64(byte) }
    return key.isEmpty ? 0 : prefix << (8 * UInt64(8 - key.count))
  }
}

private func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let common = min(a.count, b.count)
      let order = common == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, common)
      return order == 0 ? a.count < b.count : order < 0
    }
  }
}
