import RESP
import Replication
import Synchronization

/// APPEND of tokens that are never sent twice, and GET of all of them.
final class AppendWorkload: Workload {
  /// Every token has this length, so that the answer to APPEND tells its place.
  static let width = 8

  let name = "append"
  private let objects = RotatingObjects<VersionedOperation>(name: "append", hot: 2, limit: 150)
  private let last = Mutex(0)

  var keys: [String] { objects.all.flatMap(\.keys) }

  func step(_ client: any DatabaseClient, _ random: inout SplitMix64, _ tally: Tally) async {
    let object = objects.draw(&random)
    let key = object.keys[0]
    guard random.oneIn(3) else {
      let token = fresh()
      await run(
        ["APPEND", key, Self.text(token)], isWrite: true, on: object,
        VersionedOperation(kind: .update(token: token), invoked: Moment.now()), client, tally
      ) { value, operation in
        operation.returned = Moment.now()
        guard let length = value.integer, length > 0, Int(length) % Self.width == 0 else { return false }
        operation.version = Int(length) / Self.width
        return true
      }
      return
    }
    await run(
      read(["GET", key], &random), isWrite: false, on: object,
      VersionedOperation(kind: .read, invoked: Moment.now()), client, tally
    ) { value, operation in
      operation.returned = Moment.now()
      guard let tokens = Self.tokens(value.text ?? "") else { return false }
      operation.version = tokens.count
      operation.tokens = tokens
      return true
    }
  }

  func conclude(_ values: [String: String], invoked: Int64, returned: Int64) {
    for object in objects.all {
      let tokens = Self.tokens(values[object.keys[0]] ?? "")
      _ = object.begin(
        VersionedOperation(
          kind: .read, invoked: invoked, returned: returned, version: tokens?.count ?? -1, tokens: tokens))
    }
  }

  func check() -> [Finding] {
    parallel(objects.all) { VersionOrderChecker.finding(on: $0.keys[0], $0.operations) }
  }

  /// Eight characters for a number.
  static func text(_ token: Int) -> String {
    let digits = String(token, radix: 36)
    return String(repeating: "0", count: max(0, width - 1 - digits.count)) + digits + ","
  }

  /// The tokens in a value; nil if it consists of anything else.
  static func tokens(_ value: String) -> [Int]? {
    let bytes = Array(value.utf8)
    guard bytes.count % width == 0 else { return nil }
    var tokens: [Int] = []
    for start in stride(from: 0, to: bytes.count, by: width) {
      guard bytes[start + width - 1] == UInt8(ascii: ","),
        let token = Int(String(decoding: bytes[start..<start + width - 1], as: UTF8.self), radix: 36)
      else { return nil }
      tokens.append(token)
    }
    return tokens
  }

  private func fresh() -> Int {
    last.withLock {
      $0 += 1
      return $0
    }
  }
}
