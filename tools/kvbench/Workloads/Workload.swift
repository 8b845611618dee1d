import RESP
import Replication

/// Something that clients do with the cluster, with a promise that can be checked afterwards.
protocol Workload: Sendable {
  var name: String { get }
  /// Does one operation.
  func step(_ client: any DatabaseClient, _ random: inout SplitMix64, _ tally: Tally) async
  /// All keys that were ever written.
  var keys: [String] { get }
  /// Takes the values of all keys, read after every client had ended, as the last operation of each history.
  func conclude(_ values: [String: String], invoked: Int64, returned: Int64)
  /// Says what is wrong with the histories.
  func check() -> [Finding]
}

extension Workload {
  /// Runs one command of a workload and notes its end in the object's history.
  ///
  /// - Parameter take: Takes the answer; false if no server may answer so.
  func run<Operation>(
    _ words: [String], isWrite: Bool, on object: ObjectHistory<Operation>, _ operation: Operation,
    _ client: any DatabaseClient, _ tally: Tally, take: (RESPValue, inout Operation) -> Bool
  ) async {
    let place = object.begin(operation)
    switch await client.call(words, isWrite: isWrite) {
    case .value(let value):
      var isRight = true
      object.end(place) { isRight = take(value, &$0) }
      if !isRight { tally.violation("\(words.joined(separator: " ")) was answered \(value)") }
      tally.acknowledged(name)
    case .refused:
      object.void(place)
      tally.refused(name)
    case .unknown:
      // A read of unknown outcome tells nothing.
      if !isWrite { object.void(place) }
      tally.inDoubt(name)
    case .wrong(let what):
      tally.violation("\(words.joined(separator: " ")) was answered \(what)")
      tally.inDoubt(name)
    }
  }

  /// The words of a read at a level drawn at random: most at the default, some by majority.
  func read(_ words: [String], _ random: inout SplitMix64) -> [String] {
    random.oneIn(4) ? ["KV.CONSISTENCY", "majority"] + words : words
  }
}
