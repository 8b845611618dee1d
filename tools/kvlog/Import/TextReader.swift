import Foundation
import Replication

/// The log of the older system: lines of `WRITE key value`, where the value is the rest of the line, and of `READ key`.
struct TextReader: ImportReader {
  private let lines: LineReader
  private var number = 0
  private(set) var bytesRead: UInt64 = 0
  private(set) var notes: [String] = []

  init(_ handle: FileHandle) { lines = LineReader(handle, limit: 65 << 20) }

  mutating func next() throws -> (record: ImportRecord, place: String)? {
    guard let line = try lines.next() else { return nil }
    number += 1
    bytesRead += UInt64(line.bytes.count + 1)
    var bytes = line.bytes
    if bytes.last == 0x0D { bytes.removeLast() }
    let record = Self.record(bytes, isCut: line.isCut)
    if line.isUnfinished, case .mutations = record {
      notes.append(
        "line \(number), the last one, has no line end: it was imported, but its value may have been cut off")
    }
    return (record, "line \(number)")
  }

  private static func record(_ bytes: ArraySlice<UInt8>, isCut: Bool) -> ImportRecord {
    if isCut { return .damaged("the line is too long") }
    if bytes.isEmpty { return .passedOver("empty lines") }
    if bytes.contains(0) { return .damaged("the line holds NUL bytes") }
    let parts = bytes.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    switch String(decoding: parts[0], as: UTF8.self).uppercased() {
    case "WRITE":
      guard parts.count == 3, !parts[1].isEmpty else { return .damaged("WRITE without a key and a value") }
      return .mutations([.put(Array(parts[1]), Array(parts[2]))])
    case "READ":
      guard parts.count == 2, !parts[1].isEmpty else { return .damaged("READ without a key") }
      return .passedOver("READ lines")
    default: return .damaged("the line begins with neither WRITE nor READ")
    }
  }
}
