import RESP
import Replication
import Synchronization

/// Money between two accounts, moved by MSET and read by MGET: always both or neither, and always the same sum.
///
/// Both accounts carry the number of the transfer that made them, so that a pair is a register of such numbers.
final class TransferWorkload: Workload {
  typealias Operation = RegisterRecord

  private static let sum = 1_000

  let name = "transfer"
  let objects = RotatingObjects<Operation>(name: "account", parts: [":left", ":right"], hot: 2, limit: 120)
  private let last = Mutex<UInt64>(0)
  private let torn = Mutex<[String]>([])

  var keys: [String] { objects.all.flatMap(\.keys) }

  func step(_ client: any DatabaseClient, _ random: inout SplitMix64, _ tally: Tally) async {
    let object = objects.draw(&random)
    if random.oneIn(2) {
      await run(
        read(["MGET"] + object.keys, &random), isWrite: false, on: object,
        Operation(action: .get, invoked: Moment.now(), outcome: .unknown), client, tally
      ) { value, operation in
        operation.returned = Moment.now()
        switch Self.transfer(in: value) {
        case .torn: return false
        case .none: operation.outcome = .done(seen: nil)
        case .number(let number): operation.outcome = .done(seen: number)
        }
        return true
      }
      return
    }
    let number = last.withLock {
      $0 += 1
      return $0
    }
    let left = random.draw(0...Self.sum)
    await run(
      ["MSET", object.keys[0], "\(number) \(left)", object.keys[1], "\(number) \(Self.sum - left)"],
      isWrite: true, on: object, Operation(action: .put(number), invoked: Moment.now(), outcome: .unknown),
      client, tally
    ) { value, operation in
      operation.returned = Moment.now()
      operation.outcome = .done(seen: nil)
      return value.text == "OK"
    }
  }

  func conclude(_ values: [String: String], invoked: Int64, returned: Int64) {
    for object in objects.all {
      var seen: UInt64?
      switch Self.transfer(values[object.keys[0]], values[object.keys[1]]) {
      case .none: break
      case .number(let number): seen = number
      case .torn:
        torn.withLock { $0.append("\(object.keys) at the end hold different transfers or another sum") }
      }
      _ = object.begin(
        Operation(action: .get, invoked: invoked, returned: returned, outcome: .done(seen: seen)))
    }
  }

  func check() -> [Finding] {
    torn.withLock { $0.map { Finding(text: $0) } }
      + parallel(objects.all) { RegisterCheck.finding(on: $0.keys.joined(separator: " "), $0.operations) }
  }

  /// What two accounts say.
  enum Balance: Equatable {
    case none
    case number(UInt64)
    case torn
  }

  static func transfer(in answer: RESPValue) -> Balance {
    guard let values = answer.elements, values.count == 2 else { return .torn }
    return transfer(values[0].text, values[1].text)
  }

  static func transfer(_ left: String?, _ right: String?) -> Balance {
    guard left != nil || right != nil else { return .none }
    func account(_ text: String?) -> (number: UInt64, amount: Int)? {
      guard let parts = text?.split(separator: " "), parts.count == 2, let number = UInt64(parts[0]),
        let amount = Int(parts[1])
      else { return nil }
      return (number, amount)
    }
    guard let left = account(left), let right = account(right), left.number == right.number,
      left.amount + right.amount == sum
    else { return .torn }
    return .number(left.number)
  }
}
