import Foundation
import Replication
import Storage

/// Lines of JSON, one a key: `{"key": "a", "value": "1", "expires_at": 1700000000000}`.
///
/// A change of a member of a key is `{"key": "a", "op": "hset", "member": "f", "value": "1"}`, with the words that the log
/// has in its column `op`; so are `{"key": "a", "op": "expire", "expires_at": 1700000000000}` and `{"op": "clear"}`.
/// Bytes that are no text stand in `key_base64`, `member_base64` and `value_base64`; `"deleted": true` stands for a delete; a number or any
/// other JSON value is stored as its text.
struct JSONLinesReader: ImportReader {
  private let lines: LineReader
  private let now: Int64
  private var number = 0
  private(set) var bytesRead: UInt64 = 0
  let notes: [String] = []

  /// - Parameter now: Milliseconds of Unix time; what has expired by then is passed over.
  init(_ handle: FileHandle, now: Int64) {
    // Each byte may be written as six.
    lines = LineReader(handle, limit: 400 << 20)
    self.now = now
  }

  mutating func next() throws -> (record: ImportRecord, place: String)? {
    guard let line = try lines.next() else { return nil }
    number += 1
    bytesRead += UInt64(line.bytes.count + 1)
    return (line.isCut ? .damaged("the line is too long") : record(line.bytes), "line \(number)")
  }

  private func record(_ bytes: ArraySlice<UInt8>) -> ImportRecord {
    guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) else {
      return .passedOver("empty lines")
    }
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
      return .damaged("the line is no JSON object")
    }
    if object["op"] as? String == Mutation.Operation.clear.word {
      return .mutations([Mutation(operation: .clear, key: [])])
    }
    guard let key = Self.bytes("key", in: object), !key.isEmpty else {
      return .damaged("there is no \"key\" (or \"key_base64\")")
    }
    if object["deleted"] as? Bool == true { return .mutations([.delete(key)]) }
    if let word = object["op"] as? String { return record(word, key, object) }
    guard let value = Self.bytes("value", in: object) else {
      return .damaged("there is no \"value\" (or \"value_base64\")")
    }
    switch end(in: object) {
    case .failure(let damage): return .damaged(damage.reason)
    case .success(let end):
      if let end, end <= now { return .passedOver("keys that have expired") }
      return .mutations([.put(key, value, expiresAt: end)])
    }
  }

  /// A change that is not the one of a whole string.
  private func record(_ word: String, _ key: [UInt8], _ object: [String: Any]) -> ImportRecord {
    guard let operation = Mutation.Operation(word: word), operation.container != nil || operation == .expire
    else { return .damaged("the \"op\" is unknown") }
    var mutation = Mutation(operation: operation, key: key)
    if operation.container != nil {
      guard let member = Self.bytes("member", in: object) else {
        return .damaged("there is no \"member\" (or \"member_base64\")")
      }
      mutation.member = member
    }
    if operation.hasValue {
      guard let value = Self.bytes("value", in: object) else {
        return .damaged("there is no \"value\" (or \"value_base64\")")
      }
      mutation.value = value
    }
    if operation.hasExpiry {
      switch end(in: object) {
      case .failure(let damage): return .damaged(damage.reason)
      case .success(let end):
        if let end, end <= now { return .mutations([.delete(key)]) }
        mutation.expiresAt = end
      }
    }
    return .mutations([mutation])
  }

  private struct Damage: Error {
    var reason: String
  }

  private func end(in object: [String: Any]) -> Result<Int64?, Damage> {
    guard let end = object["expires_at"], !(end is NSNull) else { return .success(nil) }
    guard let end = (end as? NSNumber)?.int64Value else {
      return .failure(Damage(reason: "\"expires_at\" is no number of milliseconds of Unix time"))
    }
    return .success(end)
  }

  private static func bytes(_ name: String, in object: [String: Any]) -> [UInt8]? {
    if let text = object[name] as? String { return Array(text.utf8) }
    if let encoded = object[name + "_base64"] as? String {
      return Data(base64Encoded: encoded).map { [UInt8]($0) }
    }
    guard let other = object[name], !(other is NSNull),
      let text = try? JSONSerialization.data(
        withJSONObject: other, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
    else { return nil }
    return [UInt8](text)
  }
}
