/// A set of operations of which most are the first ones: only what differs from that is stored.
///
/// In a search all operations up to some place have been put in order and a few beyond it, as many as overlap. So
/// the set is that place, and from there on bits, mostly in one word. Equal sets have one form.
struct OperationSet: Hashable {
  /// All operations before this one are in the set, and this one is not.
  private(set) var firstMissing = 0
  /// Bit i stands for operation `firstMissing + i`; the lowest is never set.
  private var near: UInt64 = 0
  /// The words after `near`; the last is not zero.
  private var far: [UInt64] = []

  func contains(_ operation: Int) -> Bool {
    let bit = operation - firstMissing
    if bit < 0 { return true }
    if bit < 64 { return near >> UInt64(bit) & 1 == 1 }
    let word = bit / 64 - 1
    return word < far.count && far[word] >> UInt64(bit % 64) & 1 == 1
  }

  mutating func insert(_ operation: Int) {
    let bit = operation - firstMissing
    if bit < 64 {
      near |= 1 << UInt64(bit)
    } else {
      let word = bit / 64 - 1
      while far.count <= word { far.append(0) }
      far[word] |= 1 << UInt64(bit % 64)
    }
    while near & 1 == 1 { shift(by: (~near).trailingZeroBitCount) }
  }

  /// Moves the start on by up to 64 operations, all of which are in the set.
  private mutating func shift(by count: Int) {
    firstMissing += count
    near = count == 64 ? 0 : near >> UInt64(count)
    guard !far.isEmpty else { return }
    near |= count == 64 ? far[0] : far[0] << UInt64(64 - count)
    for word in far.indices {
      let above = word + 1 < far.count ? far[word + 1] : 0
      far[word] = count == 64 ? above : far[word] >> UInt64(count) | above << UInt64(64 - count)
    }
    while far.last == 0 { far.removeLast() }
  }
}
