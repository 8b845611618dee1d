import RESP
import Replication
import Synchronization

/// GET, SET, SET NX GET and DEL on a few keys, with a value that is never written twice.
final class RegisterWorkload: Workload {
  typealias Operation = RegisterRecord

  let name = "register"
  let objects = RotatingObjects<Operation>(name: "register", hot: 3, limit: 120)
  /// The key to which each value was sent; values are numbered from 1.
  private let receivers = Mutex<[String]>([])

  /// Whether a client ever tried to write this value to this key.
  func wasSent(_ key: String, _ value: String) -> Bool {
    guard let number = Self.number(value), number > 0 else { return false }
    return receivers.withLock { number <= UInt64($0.count) && $0[Int(number) - 1] == key }
  }

  var keys: [String] { objects.all.flatMap(\.keys) }

  func step(_ client: any DatabaseClient, _ random: inout SplitMix64, _ tally: Tally) async {
    let object = objects.draw(&random)
    let key = object.keys[0]
    let (words, action, isWrite) = next(key, &random)
    await run(
      words, isWrite: isWrite, on: object,
      Operation(action: action, invoked: Moment.now(), outcome: .unknown), client, tally
    ) { value, operation in
      operation.returned = Moment.now()
      switch action {
      case .put:
        operation.outcome = .done(seen: nil)
        return value.text == "OK" || value.integer != nil
      case .get, .putIfAbsent:
        if value.isNull {
          operation.outcome = .done(seen: nil)
          return true
        }
        guard let number = value.text.flatMap(Self.number) else { return false }
        operation.outcome = .done(seen: number)
        return true
      }
    }
  }

  func conclude(_ values: [String: String], invoked: Int64, returned: Int64) {
    for object in objects.all {
      // What is no value of ours stands for one that nobody wrote.
      let seen = values[object.keys[0]].map { Self.number($0) ?? .max }
      _ = object.begin(
        Operation(action: .get, invoked: invoked, returned: returned, outcome: .done(seen: seen)))
    }
  }

  func check() -> [Finding] {
    parallel(objects.all) { object in
      RegisterCheck.finding(on: object.keys.joined(separator: " "), object.operations)
    }
  }

  /// The number in front of a value.
  static func number(_ text: String) -> UInt64? { UInt64(text.prefix { $0 != ":" }) }

  private func next(_ key: String, _ random: inout SplitMix64) -> ([String], Operation.Action, Bool) {
    switch random.draw(1...20) {
    case ...9: return (read(["GET", key], &random), .get, false)
    case ...16:
      let value = fresh(for: key, &random)
      return (["SET", key, value.text], .put(value.number), true)
    case ...18:
      let value = fresh(for: key, &random)
      return (["SET", key, value.text, "NX", "GET"], .putIfAbsent(value.number), true)
    default: return (["DEL", key], .put(nil), true)
    }
  }

  private func fresh(for key: String, _ random: inout SplitMix64) -> (number: UInt64, text: String) {
    let number = receivers.withLock {
      $0.append(key)
      return UInt64($0.count)
    }
    let size = random.oneIn(50) ? 4_000 : random.draw(0...60)
    return (number, "\(number):" + String(repeating: "x", count: size))
  }
}
