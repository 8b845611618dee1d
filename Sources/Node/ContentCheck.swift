import DequeModule
import Replication
import Transport

/// Whether the nodes' replicas hold the same, as they run.
///
/// Each node tells in its reports the sum of its replica's rows at some entries that it has applied. What is applied is
/// committed, so at equal index all must be equal; the active master compares. Quiet nodes stand at the same entry; busy
/// ones all end a batch at multiples of `interval`.
struct ContentCheck {
  /// Every node ends a batch of the applier at the multiples of it, however full the batch is; it is the size of the
  /// largest, so that this costs nothing.
  static let interval = LogIndex(ApplyPacer.fullBatch)
  /// How long the master waits for what others say before it calls one of two wrong.
  private static let patience: Nanoseconds = .milliseconds(15_000)
  private static let kept = 4_096
  private static let reported = 4

  /// What is wrong, by the word of the most nodes.
  enum Verdict: Hashable {
    /// This node holds something else than the master.
    case diverged(NodeID, at: LogIndex)
    /// The master holds something else than most.
    case masterDiverged(at: LogIndex)
  }

  private struct Opinion {
    var index: LogIndex
    var agrees: Bool
  }

  private var own: [LogIndex: UInt64] = [:]
  private var order: Deque<LogIndex> = []
  private var newest: ContentPoint?
  private var borders: Deque<ContentPoint> = []
  private var opinions: [NodeID: Opinion] = [:]
  private var firstDoubt: Instant?

  /// Notes what our replica holds.
  mutating func note(_ point: ContentPoint) {
    newest = point
    if own.updateValue(point.checksum, forKey: point.index) == nil { order.append(point.index) }
    if order.count > Self.kept { own[order.removeFirst()] = nil }
    guard point.index % Self.interval == 0 else { return }
    borders.append(point)
    if borders.count > Self.reported { borders.removeFirst() }
  }

  /// Forgets all: the replica was replaced, or another master's turn has begun.
  mutating func restart() {
    (own, order, newest, borders) = ([:], [], nil, [])
    forgetOpinions()
  }

  /// Forgets what others have said.
  mutating func forgetOpinions() {
    opinions = [:]
    firstDoubt = nil
  }

  /// A node is not what it was.
  mutating func forget(_ node: NodeID) { opinions[node] = nil }

  /// What others are told.
  var toReport: [ContentPoint] { borders + (newest.map { [$0] } ?? []) }

  /// Takes what a node says; for the active master.
  mutating func hear(_ points: [ContentPoint], from node: NodeID, at now: Instant) {
    for point in points.sorted(by: { $0.index < $1.index }) {
      guard let checksum = own[point.index] else { continue }
      opinions[node] = Opinion(index: point.index, agrees: checksum == point.checksum)
    }
    if opinions.values.contains(where: { !$0.agrees }) {
      firstDoubt = firstDoubt ?? now
    } else {
      firstDoubt = nil
    }
  }

  /// Who is wrong, once enough have said what they hold; with as many on either side the master is right.
  ///
  /// - Parameter members: The nodes that can say something now.
  func verdicts(among members: Set<NodeID>, at now: Instant) -> [Verdict] {
    guard let firstDoubt else { return [] }
    let said = opinions.filter { members.contains($0.key) }
    guard said.count == members.count || now - firstDoubt > Self.patience else { return [] }
    let against = said.filter { !$0.value.agrees }
    guard let index = against.values.map(\.index).max() else { return [] }
    if against.count > said.count - against.count + 1 { return [.masterDiverged(at: index)] }
    return against.sorted { $0.key < $1.key }.map { .diverged($0.key, at: $0.value.index) }
  }
}
