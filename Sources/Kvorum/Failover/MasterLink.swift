import DequeModule
import NIOCore

/// One master as the failover machine knows it, connected or not.
struct MasterLink {
  /// What the next answer on a connection answers.
  enum Expected: Equatable {
    case hello
    case consistency
    case status
    case ping
    case request(ClientRequest)
    /// A request that was given up; its answer still comes and must be skipped.
    case abandoned
  }

  /// A connection that is up.
  struct Session {
    var expected: Deque<Expected> = []
    /// The last moment at which the connection was known to be alive or owed us nothing.
    var lastHeard: NIODeadline
    /// When a status was last asked for.
    var lastProbe: NIODeadline
    /// Whether an answer to a status is outstanding.
    var probing = false
    /// Whether it has answered its first status; nothing else is sent before.
    var greeted = false
    /// Requests among `expected` that must be answered before another master gets any.
    var ordered = 0
  }

  enum State {
    /// Waits until `retryAt` for the next attempt.
    case down(retryAt: NIODeadline)
    case connecting
    case up
  }

  let endpoint: Endpoint
  /// Whether it was named by the user; learned ones come and go with the cluster's configuration.
  let isConfigured: Bool
  var state: State
  var session: Session?
  /// Counts connections, so that news of an earlier one is recognised.
  var attempt = 0
  var failures = 0
  var lastAttempt: NIODeadline?
  var lastFailure: NIODeadline?
  /// Who answers there, once it has.
  var node: NodeReference?
  /// Why it cannot serve, as the end of a sentence that begins with the address.
  var trouble = "was not tried yet"

  init(endpoint: Endpoint, isConfigured: Bool, retryAt: NIODeadline) {
    self.endpoint = endpoint
    self.isConfigured = isConfigured
    state = .down(retryAt: retryAt)
  }

  /// Whether a connection is up and has introduced itself.
  var isGreeted: Bool { session?.greeted ?? false }

  /// Whether it owes an answer and has been silent for this long.
  func isSilent(for span: TimeAmount, at now: NIODeadline) -> Bool {
    guard let session, !session.expected.isEmpty else { return false }
    return now - session.lastHeard >= span
  }
}
