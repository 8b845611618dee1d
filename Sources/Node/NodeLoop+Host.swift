import Commands
import Logging
import Replication
import Serving
import Transport

// What the server of the clients needs of the node.

extension NodeLoop: ServingHost {
  var now: Instant { BootClock.now() }
  var wallMilliseconds: Int64 { BootClock.wallMilliseconds() }

  func send(_ question: ReadRequest, to slave: NodeID) {
    if let link = links[slave] { write(.readRequest(question), to: link) }
  }

  func send(_ answer: ReadReply, to master: NodeID) {
    if let link = links[master] { write(.readReply(answer), to: link) }
  }

  func urgeApply() { applier.urge() }

  func failed(_ error: any Error) { end(for: error) }

  // MARK: The log

  func log(_ request: Request, index: LogIndex?) {
    guard case .command(let command) = table.resolve(request.arguments) else { return }
    logger.debug(
      "\(text(of: command.redacted(request.arguments)))", metadata: index.map { ["index": "\($0)"] })
  }

  func log(_ text: String) { logger.info("\(text)") }

  /// A follower sees no commands but what they came to; the active master logs each command itself.
  func logOperations(of entries: [Entry]) {
    for entry in entries {
      guard case .mutations(let mutations) = entry.payload else { continue }
      let texts = mutations.prefix(8).map { mutation in
        text(
          of: [Array("\(mutation.operation)".utf8), mutation.key]
            + (mutation.operation == .put ? [mutation.value] : []))
      }
      logger.debug("\(texts.joined(separator: ", "))", metadata: ["index": "\(entry.index)"])
    }
  }

  private func text(of words: [[UInt8]]) -> String {
    words.prefix(8).map { argument in
      let text = String(decoding: argument.prefix(64), as: UTF8.self)
      return argument.count > 64 ? text + "…" : text
    }.joined(separator: " ")
  }
}
