import Foundation
import Kvorum
import Synchronization
import Testing

/// What came of a write, as its sender knows it.
enum WriteOutcome: Hashable {
  case acknowledged
  /// Nothing was done.
  case refused
  /// It may have been done.
  case unknown
}

/// Something that takes writes and follows failovers.
protocol WriteTarget: Sendable {
  func write(_ words: [String]) async -> WriteOutcome
}

/// Several writers at once that remember what was acknowledged, so that it can be checked afterwards.
final class RecordingWriter: Sendable {
  /// The writes of one key in the order in which they were sent, one after the other.
  struct KeyHistory {
    var writes: [(value: String, outcome: WriteOutcome)] = []
  }

  private struct Record {
    var keys: [String: KeyHistory] = [:]
    var incremented: [String: (acknowledged: Int, unknown: Int)] = [:]
    var acknowledged = 0
    var unknown = 0
    var longestPause = Duration.zero
  }

  /// Keeps the keys of several recorders on one cluster apart.
  private let name = String(UUID().uuidString.prefix(8))
  private let record = Mutex(Record())
  private let isStopping = Mutex(false)
  private let tasks = Mutex<[Task<Void, Never>]>([])

  var acknowledged: Int { record.withLock { $0.acknowledged } }
  var unknown: Int { record.withLock { $0.unknown } }
  /// The longest time between two acknowledgements that any of the writers saw.
  var longestPause: Duration { record.withLock { $0.longestPause } }

  /// Starts a writer for each target; each writes to keys of its own and increments counters that all share.
  init(_ targets: [any WriteTarget]) {
    for (number, target) in targets.enumerated() {
      let task = Task { await run(number, target) }
      tasks.withLock { $0.append(task) }
    }
  }

  private func run(_ writer: Int, _ target: any WriteTarget) async {
    var round = 0
    var lastAcknowledged: ContinuousClock.Instant?
    while !isStopping.withLock({ $0 }), !Task.isCancelled {
      round += 1
      let words: [String]
      if round % 4 == 0 {
        words = ["INCR", "\(name)-counter-\(round / 4 % 2)"]
      } else {
        words = ["SET", "\(name)-\(writer)-\(round % 7)", "value-\(writer)-\(round)"]
      }
      let outcome = await target.write(words)
      let now = ContinuousClock.now
      record.withLock { record in
        if words.count == 2 {
          record.incremented[words[1], default: (0, 0)].acknowledged += outcome == .acknowledged ? 1 : 0
          record.incremented[words[1], default: (0, 0)].unknown += outcome == .unknown ? 1 : 0
        } else {
          record.keys[words[1], default: KeyHistory()].writes.append((words[2], outcome))
        }
        if outcome == .unknown { record.unknown += 1 }
        guard outcome == .acknowledged else { return }
        record.acknowledged += 1
        if let lastAcknowledged { record.longestPause = max(record.longestPause, now - lastAcknowledged) }
      }
      if outcome == .acknowledged { lastAcknowledged = now }
    }
  }

  /// Waits for more acknowledged writes than there were when it was called.
  func waitForMore(_ count: Int = 50, within limit: Duration = .seconds(20)) async throws {
    let goal = acknowledged + count
    try await eventually("\(count) more writes are acknowledged", within: limit) { acknowledged >= goal }
  }

  func stop() async {
    isStopping.withLock { $0 = true }
    for task in tasks.withLock({ $0 }) { await task.value }
  }

  /// Reads every key back and compares it with what was acknowledged.
  ///
  /// A key must hold its last acknowledged value or that of a later write whose outcome is unknown; a counter at
  /// least the acknowledged increments, and at most the unknown ones more.
  func verify(_ read: (String) async throws -> String?) async throws {
    let record = record.withLock { $0 }
    try #require(record.acknowledged > 0)
    for (key, history) in record.keys {
      let value = try await read(key)
      let last = history.writes.lastIndex { $0.outcome == .acknowledged }
      let allowed = history.writes[(last ?? 0)...].enumerated()
        .filter { ($0.offset == 0 && last != nil) || $0.element.outcome == .unknown }.map(\.element.value)
      let isRight = value.map { allowed.contains($0) } ?? (last == nil)
      try #require(isRight, "\(key) holds \(value ?? "nothing"), not one of \(allowed)")
    }
    for (counter, counts) in record.incremented {
      let value = Int(try await read(counter) ?? "0") ?? -1
      try #require(
        (counts.acknowledged...counts.acknowledged + counts.unknown).contains(value),
        "\(counter) holds \(value) after \(counts)")
    }
  }

  /// Compares every key as this node answers it.
  func verify(at node: TestNode) async throws {
    let connection = try await node.connect()
    try await verify { key in
      switch try await connection.call("GET", key) {
      case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
      case .null: nil
      case let other: throw ConnectionTrouble.malformed("\(other)")
      }
    }
  }

  /// Compares every key as this node's replica.db has it.
  func verify(filesOf node: TestNode) async throws {
    let files = NodeFiles(node)
    try await verify { try files.value(of: $0) }
  }
}

/// Follows failovers by hand, as a simple Redis client does: asks the next master when one refuses, and never sends a
/// write again whose answer was lost.
actor HandFollower: WriteTarget {
  private let ports: [Int]
  private var place = 0
  private var connection: RESPConnection?

  init(_ masters: [TestNode]) { ports = masters.map(\.port) }

  func write(_ words: [String]) async -> WriteOutcome {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline, !Task.isCancelled {
      guard let connection = await connected() else { continue }
      let reply: RawReply
      do {
        reply = try await connection.call(words.map { Array($0.utf8) }, within: .seconds(3))
      } catch {
        moveOn()
        return .unknown
      }
      guard let error = reply.errorText else { return .acknowledged }
      if error.hasPrefix("INDOUBT") { return .unknown }
      guard error.hasPrefix("READONLY") || error.hasPrefix("NOREPLICAS") else {
        Issue.record("\(words) was answered \(error)")
        return .refused
      }
      moveOn()
      await pace()
    }
    return .refused
  }

  private func connected() async -> RESPConnection? {
    if let connection { return connection }
    do {
      connection = try await RESPConnection.open(port: ports[place])
    } catch {
      moveOn()
      await pace()
    }
    return connection
  }

  /// Only keeps the loop of `write`, which waits for an answer until its deadline, from taking a core.
  private func pace() async { try? await Task.sleep(for: .milliseconds(5)) }

  private func moveOn() {
    connection = nil
    place = (place + 1) % ports.count
  }
}

/// The project's own client, which follows failovers unseen.
struct ClientTarget: WriteTarget {
  let client: KvorumClient

  func write(_ words: [String]) async -> WriteOutcome {
    do throws(KvorumError) {
      try await client.command(words.map { Array($0.utf8) })
      return .acknowledged
    } catch {
      switch error {
      case .inDoubt: return .unknown
      case .noQuorum, .noActiveMaster: return .refused
      default:
        Issue.record("\(words) threw \(error)")
        return .refused
      }
    }
  }
}

extension RecordingWriter {
  /// Writers that follow by hand, each with a connection of its own.
  static func byHand(_ cluster: TestCluster, connections: Int = 4) -> RecordingWriter {
    RecordingWriter((0..<connections).map { _ in HandFollower(cluster.masters) })
  }

  /// Writers that share one `KvorumClient`.
  static func byClient(_ client: KvorumClient, writers: Int = 4) -> RecordingWriter {
    RecordingWriter((0..<writers).map { _ in ClientTarget(client: client) })
  }
}

extension TestCluster {
  /// A client that keeps nothing for later ones.
  func makeClient() throws -> KvorumClient {
    var configuration = try KvorumClient.Configuration(masters: masters.map(\.address))
    configuration.cacheDirectory = nil
    return try KvorumClient(configuration)
  }
}
