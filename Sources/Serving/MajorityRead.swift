import Commands
import Replication

/// One read by majority: it ends when R slaves of each set in force have answered for each key (design 4.6).
struct MajorityRead {
  let command: Command
  let request: Request
  let session: Session
  let ticket: Session.Ticket
  let keys: [[UInt8]]
  let deadline: Instant
  /// For each key, in the order in which they came.
  private var answers: [[Answer]]

  private struct Answer {
    var node: NodeID
    var reply: ReadReply
  }

  init(
    command: Command, request: Request, session: Session, ticket: Session.Ticket, keys: [[UInt8]],
    deadline: Instant
  ) {
    self.command = command
    self.request = request
    self.session = session
    self.ticket = ticket
    self.keys = keys
    self.deadline = deadline
    answers = Array(repeating: [], count: keys.count)
  }

  mutating func add(_ reply: ReadReply, from node: NodeID, forKey position: Int) {
    guard answers.indices.contains(position), !answers[position].contains(where: { $0.node == node }) else {
      return
    }
    answers[position].append(Answer(node: node, reply: reply))
  }

  /// The values, once enough slaves have answered.
  ///
  /// Of the answers the one with the highest *applied* index counts, never the most frequent one: with n = 5 a
  /// majority can hold two old copies and a new one. Nor the highest index of the key: where a delete came later,
  /// the newest answer has no such index.
  func values(in configuration: ClusterConfiguration) -> [[UInt8]: StoredValue]? {
    var values: [[UInt8]: StoredValue] = [:]
    for (key, answers) in zip(keys, answers) {
      let enough = configuration.sets.allSatisfy { set in
        set.slaves.count { slave in answers.contains { $0.node == slave.id } } >= set.quorum.election
      }
      guard enough, let newest = Self.newest(of: answers.map(\.reply)) else { return nil }
      if newest.found {
        values[key] = StoredValue(
          value: newest.value, version: newest.version, createdIndex: 0,
          modifiedIndex: newest.modifiedIndex, expiresAt: newest.expiresAt)
      }
    }
    return values
  }

  private static func newest(of replies: [ReadReply]) -> ReadReply? {
    if Mutant.isPlanted(.majorityByFrequency) {
      return replies.max { a, b in
        replies.count { $0.value == a.value } < replies.count { $0.value == b.value }
      }
    }
    if Mutant.isPlanted(.majorityByEntryIndex) { return replies.max { $0.modifiedIndex < $1.modifiedIndex } }
    return replies.max { $0.appliedIndex < $1.appliedIndex }
  }
}

/// A master's question for a key that waits until this node has applied enough.
struct SlaveRead {
  var request: ReadRequest
  var master: NodeID
}
