/// Counts the keys that readers looked for.
public final class LookupCounter {
  /// Keys that were there.
  public private(set) var hits: UInt64 = 0
  /// Keys that were not there.
  public private(set) var misses: UInt64 = 0
  /// Keys that a reader met past their end.
  public private(set) var expired: UInt64 = 0
  /// Whether the command at hand reads, so that what it looks for counts.
  var isCounting = false

  func note(isFound: Bool) {
    guard isCounting else { return }
    if isFound { hits += 1 } else { misses += 1 }
  }

  /// So many of the keys that were found had come to their end.
  func noteExpired(_ count: Int) {
    guard isCounting, count > 0 else { return }
    let count = min(UInt64(count), hits)
    hits -= count
    misses += count
    expired += count
  }

  /// Begins again at 0.
  public func reset() { (hits, misses, expired) = (0, 0, 0) }
}
