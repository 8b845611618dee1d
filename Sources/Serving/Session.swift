import Commands
import DequeModule
import Replication

/// One client's connection as the server knows it: requests in order, replies in the same order.
public final class Session {
  /// Finds a reply again; numbers rise by one with each request.
  public typealias Ticket = UInt64

  /// How long a client that is to look for another master has its requests refused before the socket closes.
  private static let grace: Nanoseconds = .milliseconds(100)
  /// How many requests of a connection may wait before no more is read from it.
  public static let waitingLimit = 4_096
  /// How many replies a connection may be owed before no more is read from it.
  public static let repliesLimit = 1 << 17
  /// How many bytes the requests that wait may have.
  public static let waitingBytesLimit = 8 << 20
  /// How many bytes of replies are made before they are sent.
  public static let replyBytesLimit = 256 << 10
  private static let openReadsLimit = 64

  /// Unique among the sessions of a node.
  public let id: UInt64
  /// How fresh its reads are, unless a command says otherwise.
  public var consistency: Consistency = .linearizable
  /// Whether there is something that its user may not do; the host is then asked about each command.
  public var isRestricted = false
  /// Whether nothing more is read from it.
  public private(set) var isClosing = false
  /// Whether everything is refused, because the client is to look for another master.
  public private(set) var isLeaving = false

  /// What was gathered since MULTI; nil outside.
  var transaction: Transaction?
  /// The keys that it watches, and whether they were there.
  var watched: [[UInt8]: Bool] = [:]
  /// Whether one of them has changed.
  var isWatchBroken = false
  /// The reply of a command that is a part of a transaction.
  private var captured: Reply?
  private(set) var isCapturing = false
  /// Whether it is subscribed to anything.
  public var isSubscribed = false
  /// Whether it is, and speaks a version in which a message cannot be told from a reply.
  public var isSubscriberOnly = false
  /// Whether it has subscribed to events of the cluster.
  public var hearsEvents = false
  /// Whether it is shown each command.
  public var isMonitor = false
  /// The entry of its last write; 0 before the first.
  public internal(set) var lastWrite: LogIndex = 0
  /// The newest command that was looked at; nil if that was none. It lives as long as the table of commands.
  public internal(set) unowned(unsafe) var lastCommand: Command?
  /// Whether a command must not leave its reply open, as between MULTI and EXEC.
  public var answersAtOnce: Bool { isCapturing }

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

  /// How many of its requests wait.
  public var waitingCount: Int { waiting.count }
  /// How many bytes the requests that wait have.
  public var requestBytes: Int { waiting.isEmpty ? 0 : waitingBytes }
  /// How many replies it is owed.
  public var replyCount: Int { replies.count }
  /// About how many bytes of memory its replies take that are known.
  public var replyBytes: Int { replies.bytes }
  /// The error that its newest request was answered with, if it was.
  public var newestError: String? { replies.newestError }

  /// Whether nothing waits for an answer.
  public var isIdle: Bool { waiting.isEmpty && replies.isEmpty }

  /// How many commands wait for EXEC; nil outside MULTI.
  public var queuedCommandCount: Int? { transaction?.commands.count }
  /// How many keys it watches.
  public var watchedKeyCount: Int { watched.count }

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

  /// The requests from now on are answered, or none is.
  public func answerRequests(_ answers: Bool) { replies.silence = answers ? .none : .all }

  /// The next request gets no answer.
  public func skipAnswer() {
    if replies.silence == .none { replies.silence = .next }
  }

  /// Answers the request at hand.
  public func answer(_ reply: Reply) {
    guard !isCapturing else { return captured = reply }
    replies.add(reply)
  }

  /// Keeps the next answer back, for it is a part of another.
  func beginCapture() { isCapturing = true }

  /// The answer that was kept back.
  func endCapture() -> Reply {
    defer { captured = nil }
    isCapturing = false
    return captured ?? .null
  }

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
