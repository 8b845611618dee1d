/// An epoch as a status writes it, `round-master`, compared by round and then by master.
struct ReignNumber: Comparable {
  private let round: UInt64
  private let master: Substring

  /// Reads the text; nil if it is not an epoch.
  init?(_ text: String) {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let round = UInt64(first) else { return nil }
    self.round = round
    master = parts.count > 1 ? parts[1] : ""
  }

  static func < (a: ReignNumber, b: ReignNumber) -> Bool {
    a.round != b.round ? a.round < b.round : a.master < b.master
  }
}
