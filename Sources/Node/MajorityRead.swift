import Commands
import Replication
import Transport

/// One read by majority: it ends when R slaves of each set in force have answered for each key (design 4.6).
struct MajorityRead {
  let command: Command
  let request: Request
  let session: ClientSession
  let ticket: ReplyQueue.Ticket
  let keys: [[UInt8]]
  let deadline: Instant
  private var answers: [[NodeID: ReadReply]]

  init(
    command: Command, request: Request, session: ClientSession, ticket: ReplyQueue.Ticket,
    keys: [[UInt8]], deadline: Instant
  ) {
    self.command = command
    self.request = request
    self.session = session
    self.ticket = ticket
    self.keys = keys
    self.deadline = deadline
    answers = Array(repeating: [:], count: keys.count)
  }

  mutating func add(_ reply: ReadReply, from node: NodeID, forKey position: Int) {
    guard answers.indices.contains(position) else { return }
    answers[position][node] = reply
  }

  /// The values, once enough slaves have answered.
  ///
  /// Of the answers the one with the highest *applied* index counts, never the most frequent one: with n = 5 a
  /// majority can hold two old copies and a new one. Nor the highest index of the key: where a delete came later,
  /// the newest answer has no such index.
  func values(in configuration: ClusterConfiguration) -> [[UInt8]: Commands.StoredValue]? {
    var values: [[UInt8]: Commands.StoredValue] = [:]
    for (key, replies) in zip(keys, answers) {
      let enough = configuration.sets.allSatisfy { set in
        set.slaves.count { replies[$0.id] != nil } >= set.quorum.election
      }
      guard enough, let newest = replies.values.max(by: { $0.appliedIndex < $1.appliedIndex }) else {
        return nil
      }
      if newest.found {
        values[key] = Commands.StoredValue(
          value: newest.value, version: newest.version, createdIndex: 0,
          modifiedIndex: newest.modifiedIndex, expiresAt: newest.expiresAt)
      }
    }
    return values
  }
}

/// A master's question for a key that waits until this node has applied enough.
struct SlaveRead {
  var request: ReadRequest
  var master: NodeID
}
