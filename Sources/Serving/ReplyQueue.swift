import Commands
import DequeModule
import Replication

/// The replies that one connection is owed, in the order of its requests.
///
/// A reply leaves only when all before it have left, so that pipelined commands are answered in order while none
/// waits for another's fsync.
struct ReplyQueue {
  private enum Slot {
    case ready(Reply)
    case afterCommit(LogIndex, Reply)
    case open
  }

  private var slots: Deque<Slot> = []
  private var first: Session.Ticket = 0

  var isEmpty: Bool { slots.isEmpty }
  var count: Int { slots.count }

  /// A reply that can leave once all before it have.
  mutating func add(_ reply: Reply) { slots.append(.ready(reply)) }

  /// A reply that can leave once the entry is committed.
  mutating func add(_ reply: Reply, afterCommitOf index: LogIndex) -> Session.Ticket {
    slots.append(.afterCommit(index, reply))
    return first + Session.Ticket(slots.count) - 1
  }

  /// A reply that is not known yet.
  mutating func addOpen() -> Session.Ticket {
    slots.append(.open)
    return first + Session.Ticket(slots.count) - 1
  }

  /// Decides a reply that has not left; one that has is left alone.
  mutating func fulfil(_ ticket: Session.Ticket, with reply: Reply) {
    guard ticket >= first, ticket - first < Session.Ticket(slots.count) else { return }
    slots[Int(ticket - first)] = .ready(reply)
  }

  /// Takes the next reply that may leave.
  mutating func next(committed: LogIndex) -> Reply? {
    switch slots.first {
    case .ready(let reply): return taken(reply)
    case .afterCommit(let index, let reply) where index <= committed: return taken(reply)
    default: return nil
    }
  }

  private mutating func taken(_ reply: Reply) -> Reply {
    slots.removeFirst()
    first += 1
    return reply
  }
}
