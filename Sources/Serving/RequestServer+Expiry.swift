import Commands
import HeapModule
import Replication

/// A key that comes to its end before long.
struct ExpiringKey: Comparable {
  var end: Int64
  var key: [UInt8]

  static func < (a: ExpiringKey, b: ExpiringKey) -> Bool { a.end < b.end }
}

// Keys that have come to their end are gone for readers at once (`Evaluation.live`); here they go for good. Only the
// active master decides that, and its decision is an entry like any other, so that all replicas stay the same.

extension RequestServer {
  /// How many keys one entry deletes, and how many entries are made at a time: in between others are served.
  private static let batch = 256
  private static let batches = 8
  /// What that may take, in nanoseconds: a slow machine is not to be late for its clients.
  private static let share: Nanoseconds = .milliseconds(5)
  /// Keys that end sooner than this are remembered, because the replica may take that long to have them.
  private static let horizon: Int64 = 30_000
  private static let rememberedLimit = 1 << 20

  /// Remembers which keys end soon that the replica does not have yet.
  func noteExpiry(_ mutations: [Mutation]) {
    for mutation in mutations {
      guard let end = mutation.expiresAt, end < host.wallMilliseconds + Self.horizon else { continue }
      guard expiring.count < Self.rememberedLimit else {
        hasForgottenExpiry = true
        return
      }
      expiring.insert(ExpiringKey(end: end, key: mutation.key))
    }
  }

  /// Deletes some of the keys whose end has come.
  func deleteExpired() {
    // One batch at a time, however many others write.
    guard core.isActive, core.commitIndex >= lastExpiryIndex else { return }
    let end = host.now + Self.share
    for _ in 0..<Self.batches where host.now <= end {
      guard core.admission(at: host.now) == .open, unappliedBytes < Self.unappliedLimit / 2 else { return }
      do {
        let due = try dueKeys()
        guard !due.remembered.isEmpty || !due.stored.isEmpty else { return }
        try delete(due)
      } catch {
        return host.failed(error)
      }
    }
  }

  /// The keys whose end has come: those that were remembered, which may have another end by now, and those that the replica
  /// has with this end.
  private func dueKeys() throws -> (remembered: [[UInt8]], stored: [ScannedKey]) {
    let now = host.wallMilliseconds
    var keys: [[UInt8]] = []
    while keys.count < Self.batch, let next = expiring.min, next.end < now {
      keys.append(expiring.removeMin().key)
    }
    // What was looked at is not looked at again: its deletes are on their way, and what has come behind it since is
    // remembered in the heap.
    guard keys.count < Self.batch else { return (keys, []) }
    let found = try stored.keys(
      endingFrom: expiryCursor.end, after: expiryCursor.key, before: now, limit: Self.batch - keys.count)
    if let last = found.last, let end = last.expiresAt { expiryCursor = (end, last.key) }
    return (keys, found)
  }

  private func delete(_ due: (remembered: [[UInt8]], stored: [ScannedKey])) throws {
    var evaluation = Evaluation(view: view, context: context)
    view.beginEvaluation()
    for key in due.remembered { try evaluation.expire(key) }
    for scanned in due.stored {
      // What is stored was just read, and only a change that is not applied can say otherwise.
      if view.hasChange(of: scanned.key) {
        try evaluation.expire(scanned.key)
      } else {
        evaluation.expire(scanned)
      }
    }
    let outcome = evaluation.outcome(.ok)
    guard !outcome.mutations.isEmpty else { return }
    statistics.expired += UInt64(outcome.mutations.count)
    lastExpiryIndex = append(outcome)
  }

  /// Another reign has begun, or there was more to remember than could be.
  func restartExpiry() { expiryCursor = (0, nil) }
}
