/// How many operations of unknown outcome of each kind have been put in order.
struct UnknownsUsed: Hashable {
  /// Counts by kind; the last is not zero.
  private var counts: [UInt32] = []

  subscript(kind: Int) -> Int { kind < counts.count ? Int(counts[kind]) : 0 }

  /// Of all kinds together.
  var total: Int { counts.reduce(0) { $0 + Int($1) } }

  mutating func add(_ kind: Int) {
    while counts.count <= kind { counts.append(0) }
    counts[kind] += 1
  }

  /// Whether of no kind more have been used than in `other`.
  func isWithin(_ other: UnknownsUsed) -> Bool {
    counts.count <= other.counts.count && zip(counts, other.counts).allSatisfy { $0 <= $1 }
  }
}
