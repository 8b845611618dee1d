import Commands
import DequeModule
import Replication
import Serving

/// A connection between a client and a node: both directions keep the order, and either end can be lost.
final class Connection {
  /// What the client waits for, in the order in which it asked.
  enum Expectation {
    /// An operation of the history, with its place there.
    case operation(Int, isRead: Bool)
    /// A stale read of one key; `isFull` is KV.GET, which names the applied index.
    case stale(key: [UInt8], isFull: Bool)
    /// The same bytes back.
    case echo([UInt8])
    /// A change of the session's read level.
    case ok
  }

  let client: Int
  let machine: Int
  private unowned let cluster: Cluster

  /// The client's end.
  var isOpen = true
  var expected: Deque<Expectation> = []
  /// Counts what was asked, so that a client knows whose patience is over.
  var asked = 0
  var answered = 0
  var lastToNode: Int64 = 0
  var lastToClient: Int64 = 0

  /// The node's end: set when the first request comes.
  var session: Session?
  /// The run of the node that has the session.
  var incarnation: Int?
  private var replies: [Reply] = []

  init(client: Int, machine: Int, cluster: Cluster) {
    self.client = client
    self.machine = machine
    self.cluster = cluster
  }
}

extension Connection: ClientConnection {
  func write(_ reply: Reply) { replies.append(reply) }

  func flush() {
    guard !replies.isEmpty else { return }
    cluster.deliver(replies, over: self)
    replies = []
  }

  func close() { cluster.closeByNode(self) }
  func closeAfterReplies(in grace: Nanoseconds) { cluster.scheduleEndOfGrace(of: self, after: grace) }
}
