import Replication

// What a command sees of the keyspace as a whole: the view with what is decided laid over it.

extension Evaluation {
  /// How many keys there are, those past their expiry included.
  mutating func count() throws -> Int {
    guard !decided.isEmpty else { return try view.count() }
    let isCleared = decided.mutations.contains { $0.operation == .clear }
    var count = try isCleared ? 0 : view.count()
    for key in decidedKeys {
      let wasThere = try !isCleared && view.value(for: key) != nil
      let isThere = try live(key) != nil
      count += (isThere ? 1 : 0) - (wasThere ? 1 : 0)
    }
    return count
  }

  /// Of up to `limit` keys after a key those that are wanted and live, and the last one that was looked at; nil at the
  /// end.
  mutating func keys(
    after start: [UInt8]?, limit: Int, where isWanted: (ScannedKey) -> Bool = { _ in true }
  ) throws -> (live: [ScannedKey], last: [UInt8]?) {
    let changes = try changesOfKeys()
    let page: [ScannedKey]
    if changes.keys.isEmpty, !changes.hideView {
      page = try view.keys(after: start, limit: limit)
    } else {
      let view = view
      page = try MergedPage.keys(precedes: view.precedes).elements(
        after: start, limit: limit, changes: changes.keys
      ) { after, limit in changes.hideView ? [] : try view.keys(after: after, limit: limit) }
    }
    let last = page.count < limit ? nil : page.last?.key
    return (page.filter { isWanted($0) && isLive($0.key, until: $0.expiresAt) }, last)
  }

  /// One of the keys, chosen by the context's random number; nil if there is none.
  mutating func anyKey() throws -> [UInt8]? {
    var numbers = SplitMix64(seed: context.random)
    // Keys that are past their end, or gone since, may be met; mostly the first draw will do.
    for _ in 0..<16 {
      guard decided.isEmpty, let drawn = try view.anyKey(numbers.next()) else { break }
      if try live(drawn.key) != nil { return drawn.key }
    }
    var start: [UInt8]?
    repeat {
      let page = try keys(after: start, limit: 64)
      if !page.live.isEmpty { return page.live[Int(numbers.next() % UInt64(page.live.count))].key }
      start = page.last
    } while start != nil
    return nil
  }

  /// What was decided when the command at hand began to look at all keys. The deletes that come of its looking lie behind
  /// it, and there may be many of them.
  private mutating func changesOfKeys() throws -> KeyChanges {
    if let known = keyChanges { return known }
    var changes = KeyChanges(hideView: decided.mutations.contains { $0.operation == .clear })
    for key in decidedKeys {
      let element = try live(key).map { ScannedKey(key: key, type: $0.type, expiresAt: $0.expiresAt) }
      changes.keys.append((key, element))
    }
    keyChanges = changes
    return changes
  }

  /// How the keys differ from those of the view.
  struct KeyChanges {
    /// Whether all keys of the view are gone.
    var hideView = false
    var keys: [MergedPage<ScannedKey>.Change] = []
  }

  private var decidedKeys: Set<[UInt8]> {
    Set(decided.mutations.lazy.filter { $0.operation != .clear }.map(\.key))
  }
}
