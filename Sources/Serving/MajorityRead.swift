import Commands
import Replication

/// One read by majority: it ends when R slaves of each set in force have answered for each key (design 4.6).
struct MajorityRead {
  let command: Command
  let request: Request
  let session: Session
  let ticket: Session.Ticket
  let keys: [[UInt8]]
  /// Slaves answer once they have applied this much.
  private(set) var minimum: LogIndex
  let deadline: Instant
  /// For each key, in the order in which they came.
  private var answers: [[Answer]]

  private struct Answer {
    var node: NodeID
    var reply: ReadReply
  }

  init(
    command: Command, request: Request, session: Session, ticket: Session.Ticket, keys: [[UInt8]],
    minimum: LogIndex, deadline: Instant
  ) {
    self.command = command
    self.request = request
    self.session = session
    self.ticket = ticket
    self.keys = keys
    self.minimum = minimum
    self.deadline = deadline
    answers = Array(repeating: [], count: keys.count)
  }

  mutating func add(_ reply: ReadReply, from node: NodeID, forKey position: Int) {
    guard answers.indices.contains(position), !answers[position].contains(where: { $0.node == node }) else {
      return
    }
    answers[position].append(Answer(node: node, reply: reply))
  }

  /// What has come of the answers so far.
  enum Gathered {
    /// Too few slaves have answered for some key.
    case incomplete
    /// Enough have, but no applied index has an answer for every key: together they would show a state that the log
    /// never had, such as one of two keys that an MSET wrote together.
    case torn
    case values([[UInt8]: StoredValue])
  }

  /// The values, once enough slaves have answered.
  ///
  /// Of the answers the one with the highest *applied* index counts, never the most frequent one: with n = 5 a
  /// majority can hold two old copies and a new one. Nor the highest index of the key: where a delete came later,
  /// the newest answer has no such index. Several keys are taken at one applied index, which is one state of the
  /// keyspace, whichever slaves it comes from.
  func gathered(in configuration: ClusterConfiguration) -> Gathered {
    // From the last key on, which is mostly answered last: an earlier end of the search.
    let isComplete = answers.reversed().allSatisfy { answers in
      configuration.sets.allSatisfy { set in
        set.slaves.count { slave in answers.contains { $0.node == slave.id } } >= set.quorum.election
      }
    }
    guard isComplete else { return .incomplete }
    guard keys.count > 1 else {
      return .values(Self.values(of: keys, Self.newest(of: answers[0].map(\.reply)).map { [$0] } ?? []))
    }
    let indexes = answers[0].map(\.reply.appliedIndex).sorted(by: >)
    for index in indexes {
      let replies = answers.compactMap { $0.first { $0.reply.appliedIndex == index }?.reply }
      if replies.count == keys.count { return .values(Self.values(of: keys, replies)) }
    }
    return .torn
  }

  /// Forgets the answers, to ask again for what was applied at or above an index.
  mutating func restart(from index: LogIndex) {
    minimum = max(minimum, index)
    answers = Array(repeating: [], count: keys.count)
  }

  private static func values(of keys: [[UInt8]], _ replies: [ReadReply]) -> [[UInt8]: StoredValue] {
    var values: [[UInt8]: StoredValue] = [:]
    for (key, reply) in zip(keys, replies) where reply.found {
      values[key] = StoredValue(
        type: reply.type, value: reply.value, memberCount: reply.memberCount, version: reply.version,
        createdIndex: 0, modifiedIndex: reply.modifiedIndex,
        expiresAt: reply.expiresAt)
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
