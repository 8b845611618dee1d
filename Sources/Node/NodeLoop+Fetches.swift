import DequeModule
import NIOCore
import Replication
import Storage

// What the core asks for of its own log, for followers that are behind.

extension NodeLoop {
  /// How long the log is read in one turn of the event loop: several followers far behind must not hold it for longer
  /// than a lease.
  private static let share: Nanoseconds = .milliseconds(5)

  func fetch(_ fetch: Fetch) {
    fetches.append(fetch)
    planFetches(in: Self.pause)
  }

  private func planFetches(in time: TimeAmount) {
    guard !isFetchPlanned else { return }
    isFetchPlanned = true
    eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
      if let self, !isStopping { performFetches() }
    }
  }

  private func performFetches() {
    let end = BootClock.now() + Self.share
    var waiting: Deque<Fetch> = []
    while let next = fetches.popFirst() {
      // The core forgets what it wanted for a follower whose link is lost.
      guard let link = links[next.peer] else { continue }
      // What is read for a follower that does not take it would only be dropped.
      guard link.hasRoom() else {
        waiting.append(next)
        continue
      }
      read(next)
      if BootClock.now() > end { break }
    }
    let isBusy = !fetches.isEmpty
    fetches += waiting
    keepLead()
    // Last of all, so that nothing that is done here plans the next one earlier.
    isFetchPlanned = false
    if !fetches.isEmpty { planFetches(in: isBusy ? Self.pause : .milliseconds(10)) }
  }

  private func read(_ fetch: Fetch) {
    do {
      let entries = try logReader.entries(
        from: fetch.from, limitBytes: fetch.limitBytes, limitCount: 4_096)
      if !entries.isEmpty { drive(.fetched(fetch, entries)) }
    } catch let error as StorageError where error.kind == .trimmed {
      drive(.fetched(fetch, []))
    } catch {
      end(for: error)
    }
  }
}
