import Commands
import Replication
import Serving

/// A client's end of a connection.
final class Client: ClientConnection {
  let session: Session
  private let bench: Bench
  private(set) var replies: [Reply] = []
  private(set) var isClosed = false
  /// Whether the session has said that it will close.
  private(set) var isToldToLeave = false
  /// How often the session let its replies go.
  private(set) var flushes = 0

  init(_ session: Session, _ bench: Bench) {
    self.session = session
    self.bench = bench
  }

  /// Sends commands at once, as a pipeline does.
  func send(_ commands: String...) {
    for command in commands {
      let words = command.split(separator: " ").map { Array($0.utf8) }
      bench.server.handle(Request(arguments: words, arrived: bench.now), from: session)
    }
    session.drain()
  }

  /// The replies since the last call, as people would write them.
  func take() -> [String] {
    defer { replies = [] }
    return replies.map(\.text)
  }

  /// The grace of a client that is to look elsewhere is over.
  func endGrace() { if isToldToLeave { session.closeAfterReplies() } }

  func write(_ reply: Reply) { replies.append(reply) }
  func flush() { flushes += 1 }
  func close() { isClosed = true }
  func closeAfterReplies(in grace: Nanoseconds) { isToldToLeave = true }
}

extension Reply {
  fileprivate var text: String {
    switch self {
    case .simple(let text), .error(let text): text
    case .integer(let number): "\(number)"
    case .bulk(let bytes), .verbatim(let bytes): String(decoding: bytes, as: UTF8.self)
    case .null, .nullArray: "nil"
    case .array(let replies), .set(let replies), .push(let replies):
      replies.map(\.text).joined(separator: " ")
    case .map(let pairs): pairs.map { "\($0.key.text)=\($0.value.text)" }.joined(separator: " ")
    case .double(let number): "\(number)"
    case .boolean(let flag): "\(flag)"
    }
  }
}
