import Commands
import DequeModule
import Replication

/// One client's connection as the server knows it: requests in order, replies in the same order.
public final class Session {
  /// Finds a reply again; numbers rise by one with each request.
  public typealias Ticket = UInt64

  /// How long a client that is to look for another master has its requests refused before the socket closes.
  private static let grace: Nanoseconds = .milliseconds(100)
  private static let waitingLimit = 4_096
  private static let repliesLimit = 1 << 17
  /// Bytes of requests that wait, and of replies that are made before they are sent.
  private static let waitingBytesLimit = 8 << 20
  private static let replyBytesLimit = 256 << 10
  private static let openReadsLimit = 64

  /// Unique among the sessions of a node.
  public let id: UInt64
  /// How fresh its reads are, unless a command says otherwise.
  public var consistency: Consistency = .linearizable
  /// Whether nothing more is read from it.
  public private(set) var isClosing = false
  /// Whether everything is refused, because the client is to look for another master.
  public private(set) var isLeaving = false

  /// Whether it is subscribed to anything.
  public var isSubscribed = false
  /// Whether it is, and speaks a version in which a message cannot be told from a reply.
  public var isSubscriberOnly = false
  /// Whether it has subscribed to events of the cluster.
  public var hearsEvents = false
  /// Whether it is shown each command.
  public var isMonitor = false

  /// Requests that cannot be answered yet; while there is one, later requests line up behind it.
  var waiting: Deque<Request> = []
  /// The bytes that came for `waiting` since it was last empty.
  var waitingBytes = 0
  var replies = ReplyQueue()
  /// Reads by majority under way. A write waits for them, or they could see it although it was sent after them.
  var openReads = 0
  /// Set while the server knows that it has to look at this session again.
  var isListed = false
  var needsDrain = false
  private var closesOnceDrained = false

  private unowned let server: RequestServer
  /// Nil before the connection is open and after it is closed.
  private var connection: (any ClientConnection)?

  /// Makes a session that has no connection yet.
  public init(id: UInt64, server: RequestServer) {
    self.id = id
    self.server = server
  }

  /// Whether it may be read from: a client that sends while its requests and replies wait is left alone.
  public var hasRoom: Bool {
    waiting.count < Self.waitingLimit && replies.count < Self.repliesLimit
      && replies.bytes <= Self.replyBytesLimit && openReads < Self.openReadsLimit
      && (waiting.isEmpty || waitingBytes < Self.waitingBytesLimit)
  }

  /// About how many bytes of memory its requests and replies take here.
  public var heldBytes: Int { replies.bytes + (waiting.isEmpty ? 0 : waitingBytes) }

  /// Whether nothing waits for an answer.
  public var isIdle: Bool { waiting.isEmpty && replies.isEmpty }

  // MARK: Its life

  /// The connection is there.
  public func opened(_ connection: any ClientConnection) {
    self.connection = connection
    server.opened(self)
  }

  /// The connection is gone; what was still to be answered is dropped.
  public func closed() {
    isClosing = true
    connection = nil
    waiting.removeAll()
    server.closed(self)
  }

  /// Nothing more is done for it: its connection is being closed because it holds too much.
  public func abandon() {
    isClosing = true
    waiting.removeAll()
    replies.discard()
  }

  /// From now on everything is refused, and the connection closes a moment later.
  ///
  /// What its client had sent before it could know is then answered. If the socket closed at once those writes would
  /// be in doubt for the client, although nothing was done.
  func leave() {
    guard !isLeaving, !isClosing, let connection else { return }
    isLeaving = true
    drain()
    connection.closeAfterReplies(in: Self.grace)
  }

  /// Reads nothing more, and closes once every reply that is owed has left.
  public func closeAfterReplies() {
    guard !isClosing else { return }
    isClosing = true
    closesOnceDrained = true
    drain()
  }

  // MARK: Replies

  /// Answers the request at hand.
  public func answer(_ reply: Reply) { replies.add(reply) }

  /// Leaves the answer to the request at hand open, for `fulfil`.
  public func answerLater() -> Ticket { replies.addOpen() }

  /// Answers a request that was left open.
  public func fulfil(_ ticket: Ticket, with reply: Reply) {
    replies.fulfil(ticket, with: reply)
    drain()
  }

  /// Sends the replies that may leave; to be called after the requests at hand.
  public func drain() {
    // A client that has gone has still sent what it has sent: what is done in its turn is done.
    let commit = server.core.commitIndex
    while !replies.hasWorkNext || server.host.mayWork(for: self), let due = replies.next(committed: commit) {
      switch due {
      case .reply(let reply): connection?.write(reply)
      case .work(let work): if let reply = work() { connection?.write(reply) }
      }
    }
    guard let connection else { return }
    connection.flush()
    guard closesOnceDrained, replies.isEmpty else { return }
    closesOnceDrained = false
    connection.close()
  }
}
