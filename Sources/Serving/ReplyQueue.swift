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
    case inTurn(() -> Reply?)
  }

  /// Which requests get no reply.
  enum Silence {
    case none
    /// The next one.
    case next
    /// All.
    case all
  }

  private var slots: Deque<Slot> = []
  /// What becomes of the replies to the requests that follow.
  var silence = Silence.none
  /// Replies that are dropped when it is their turn.
  private var silenced: Deque<Session.Ticket> = []
  private var first: Session.Ticket = 0
  /// About how many bytes of memory the replies take that are known.
  private(set) var bytes = 0

  var isEmpty: Bool { slots.isEmpty }
  var count: Int { slots.count }

  /// A reply that can leave once all before it have.
  mutating func add(_ reply: Reply) {
    bytes += reply.approximateSize
    append(.ready(reply))
  }

  /// A reply that can leave once the entry is committed.
  mutating func add(_ reply: Reply, afterCommitOf index: LogIndex) -> Session.Ticket {
    bytes += reply.approximateSize
    append(.afterCommit(index, reply))
    return first + Session.Ticket(slots.count) - 1
  }

  /// A reply that is not known yet.
  mutating func addOpen() -> Session.Ticket {
    append(.open)
    return first + Session.Ticket(slots.count) - 1
  }

  /// Something to be done when all replies before it have left, and the reply that comes of it, if any.
  mutating func addInTurn(_ make: @escaping () -> Reply?) { append(.inTurn(make)) }

  /// Something that no request asked for, and which is sent to those who want no replies too.
  mutating func addMessage(_ message: Reply) {
    bytes += message.approximateSize
    slots.append(.ready(message))
  }

  private mutating func append(_ slot: Slot) {
    if silence != .none {
      silenced.append(first + Session.Ticket(slots.count))
      if silence == .next { silence = .none }
    }
    slots.append(slot)
  }

  /// The error that the newest request was answered with, if it was.
  var newestError: String? {
    if case .ready(.error(let text)) = slots.last { return text }
    return nil
  }

  /// Decides a reply that has not left; one that has is left alone.
  mutating func fulfil(_ ticket: Session.Ticket, with reply: Reply) {
    guard ticket >= first, ticket - first < Session.Ticket(slots.count) else { return }
    if case .afterCommit(_, let before) = slots[Int(ticket - first)] { bytes -= before.approximateSize }
    bytes += reply.approximateSize
    slots[Int(ticket - first)] = .ready(reply)
  }

  /// Forgets all replies that are owed; what comes for them later is dropped.
  mutating func discard() {
    first += Session.Ticket(slots.count)
    slots = []
    silenced = []
    bytes = 0
  }

  /// What is next on a connection.
  enum Due {
    case reply(Reply)
    case work(() -> Reply?)
  }

  /// Whether something is to be done next.
  var hasWorkNext: Bool {
    if case .inTurn = slots.first { true } else { false }
  }

  /// Takes the next reply that may leave, or what is to be done in its place; drops replies that nobody wants.
  mutating func next(committed: LogIndex) -> Due? {
    while let due = nextOfAll(committed: committed) {
      guard let dropped = silenced.first, dropped < first else { return due }
      silenced.removeFirst()
      if case .work(let work) = due {
        return .work {
          _ = work()
          return nil
        }
      }
    }
    return nil
  }

  private mutating func nextOfAll(committed: LogIndex) -> Due? {
    switch slots.first {
    case .ready(let reply): return .reply(taken(reply))
    case .afterCommit(let index, let reply) where index <= committed: return .reply(taken(reply))
    case .inTurn(let work):
      slots.removeFirst()
      first += 1
      return .work(work)
    default: return nil
    }
  }

  private mutating func taken(_ reply: Reply) -> Reply {
    slots.removeFirst()
    first += 1
    bytes -= reply.approximateSize
    return reply
  }
}

extension Reply {
  /// About how many bytes of memory it takes.
  fileprivate var approximateSize: Int {
    switch self {
    case .simple(let text), .error(let text): 48 + text.utf8.count
    case .bulk(let bytes), .verbatim(let bytes): 48 + bytes.count
    case .array(let replies), .set(let replies), .push(let replies):
      replies.reduce(48) { $0 + $1.approximateSize }
    case .map(let pairs), .pairList(let pairs):
      pairs.reduce(48) { $0 + $1.key.approximateSize + $1.value.approximateSize }
    case .integer, .null, .nullArray, .double, .boolean: 16
    }
  }
}
