/// Gathers slaves' answers to a read and says when they are enough (design 4.6).
///
/// The answer of the replica that has applied most is taken, never the most frequent one: of five slaves a
/// majority may hold two old copies and one new.
struct SlaveQuorum {
  /// One slave's answer.
  struct Answer: Equatable {
    var node: String
    var cluster: String
    var value: [UInt8]?
    var appliedIndex: UInt64
    /// n of the configuration in force at that slave.
    var slaves: Int
  }

  /// The largest number of slaves that anyone named.
  private(set) var n: Int
  private let needsMajority: Bool
  /// The cluster that is asked; nil until the first answer names it.
  private var cluster: String?
  private(set) var answers: [String: Answer] = [:]

  /// A quorum of which nothing is known but what an earlier client learned.
  init(n: Int, cluster: String?, needsMajority: Bool) {
    self.n = n
    self.cluster = cluster
    self.needsMajority = needsMajority
  }

  /// How many answers are needed.
  var needed: Int { needsMajority ? n / 2 + 1 : 1 }

  /// Takes an answer; a second one of the same slave counts once.
  ///
  /// - Throws: `KvorumError.wrongCluster` if it comes from another cluster than the others.
  mutating func take(_ answer: Answer) throws(KvorumError) {
    if let cluster, answer.cluster != cluster {
      throw .wrongCluster(message: "belongs to cluster \(answer.cluster), not to \(cluster)")
    }
    cluster = answer.cluster
    n = max(n, answer.slaves)
    if let earlier = answers[answer.node], earlier.appliedIndex >= answer.appliedIndex { return }
    answers[answer.node] = answer
  }

  /// The newest answer once there are enough; nil before.
  var result: ReadResult? {
    guard answers.count >= needed, let newest = answers.values.max(by: { $0.appliedIndex < $1.appliedIndex })
    else { return nil }
    return ReadResult(
      value: newest.value,
      source: .slaves(answers: answers.count, n: n, appliedIndex: newest.appliedIndex))
  }
}
