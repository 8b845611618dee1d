import NIOCore

/// A command in the hands of the failover machine, which needs its kind and its limits but not its bytes.
struct ClientRequest: Equatable {
  /// What may be done with a command whose answer never came.
  enum Kind {
    /// May have changed something: never sent twice unless the server said that it did nothing.
    case write
    /// Changes nothing: sent again as often as needed.
    case read
    /// A read that a standby may answer too.
    case anyNode
    /// `KV.STATUS` that only an active master may answer.
    case activeStatus
  }

  /// Rises with each command of a client; the order in which commands are sent.
  let id: UInt64
  let kind: Kind
  let submitted: NIODeadline
  let deadline: NIODeadline
  /// Whether to give up as soon as every master is known to be unreachable.
  let failsFast: Bool
  /// When a master first said that it has no quorum for it, and what it said.
  var noQuorum: NoQuorum?

  struct NoQuorum: Equatable {
    let since: NIODeadline
    var message: String
  }

  init(id: UInt64, kind: Kind, submitted: NIODeadline, deadline: NIODeadline, failsFast: Bool = false) {
    self.id = id
    self.kind = kind
    self.submitted = submitted
    self.deadline = deadline
    self.failsFast = failsFast
  }
}
