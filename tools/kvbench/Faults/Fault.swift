/// Whom a fault meets; who leads is decided when it is done.
enum Target: Hashable, Sendable, CustomStringConvertible {
  case active
  case standby
  /// Counted from 0.
  case slave(Int)

  var description: String {
    switch self {
    case .active: "the active master"
    case .standby: "the standby"
    case .slave(let number): "slave \(number + 1)"
    }
  }
}

/// One fault, with everything about it that is drawn from the seed.
enum Fault: Hashable, Sendable {
  /// How a node is cut off.
  enum Cut: CaseIterable, Hashable, Sendable {
    /// From everybody, its clients too.
    case wholly
    /// From all other nodes, but not from its clients.
    case fromNodes
    /// What it sends to other nodes is lost; what they send arrives.
    case outgoing
    /// What other nodes send to it is lost; what it sends arrives.
    case incoming
  }

  /// kill -9, and the next start so many milliseconds after that or after another master has taken over.
  case kill(Target, milliseconds: Int)
  case stop(Target, milliseconds: Int)
  case cut(Target, Cut, milliseconds: Int)
  /// The active master and so many slaves on one side, all others on the other.
  case split(slavesWithActive: Int, milliseconds: Int)
  /// nil: all links.
  case delay(Target?, strength: Int, milliseconds: Int)
  /// The disk of a node that has a small one, counted among those.
  case diskFull(Int, bytesLeft: Int, milliseconds: Int)
  case diskLoss(slave: Int, milliseconds: Int)
  case restart(Target, isClean: Bool, clockOffset: Int)
  /// All at once with kill -9; they start in an order that comes from `order`.
  case blackout(order: UInt64, clockOffset: Int)

  var kind: FaultKind {
    switch self {
    case .kill: .kill
    case .stop: .stop
    case .cut, .split: .partition
    case .delay: .delay
    case .diskFull: .diskFull
    case .diskLoss: .diskLoss
    case .restart, .blackout: .restart
    }
  }

  /// Whether it is one after which another master must take over, so that its gap is worth a figure.
  var deposesActive: Bool {
    switch self {
    case .kill(.active, _): true
    case .stop(.active, let milliseconds), .cut(.active, .wholly, let milliseconds),
      .cut(.active, .fromNodes, let milliseconds):
      milliseconds >= FaultSchedule.longEnough
    default: false
    }
  }
}
