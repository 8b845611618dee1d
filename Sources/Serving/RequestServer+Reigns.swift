import DequeModule
import HeapModule
import Replication

// What the turns of the protocol mean for the clients (design 4.7 and 4.12).

extension RequestServer {
  /// Follows an effect of the core; to be called with each of them, in order, once the caller has done its own part.
  public func follow(_ effect: Effect) {
    switch effect {
    case .committed(let index): answerCommitted(upTo: index)
    case .confirmed(let number):
      confirmedRound = max(confirmedRound, number)
      retryWaiting()
    case .truncated(let index):
      if !view.overlay.isEmpty { rebuildOverlay() }
      pendingEvents.removeAll { $0.index >= index }
      failPendingWrites("the entry was cut", from: index)
    case .becameActive: becameActive()
    case .resumed: retryWaiting()
    case .steppedDown(let reason): endReign(reason, telling: "this master leads no longer")
    case .suspended:
      isSuspended = true
      closeSessions("the lease is lost")
    case .handedOver:
      if Mutant.isPlanted(.readsAfterSigning) {
        hasSigned = true
        return
      }
      // Nothing is in doubt: the core signs only when every entry is committed, and its commits came before this.
      endReign("the lead was handed over", telling: "the lead was handed over")
    case .installed(let base): installed(base.index)
    case .write, .send, .fetch, .snapshot, .leaderChanged, .configurationCommitted, .halt, .notice: break
    }
  }

  private func becameActive() {
    rebuildOverlay()
    confirmedRound = 0
    hasSigned = false
    statistics.reigns += 1
    // Rounds are counted anew in each reign.
    for session in waitingSessions {
      for position in session.waiting.indices { session.waiting[position].confirmation = nil }
    }
    retryWaiting()
  }

  /// Everything above the applied index is in the core's memory.
  func rebuildOverlay() {
    view.removeAll()
    expiring = []
    lastExpiryIndex = 0
    restartExpiry()
    breakWatches()
    do {
      for entry in core.recentEntries(from: core.appliedIndex + 1, through: core.lastIndex) {
        guard case .mutations(let mutations) = entry.payload else { continue }
        try view.recover(mutations, at: entry.index)
        noteExpiry(mutations)
      }
    } catch {
      host.failed(error)
    }
  }

  private func endReign(_ reason: String, telling clients: String) {
    view.removeAll()
    expiring = []
    pendingEvents = []
    breakWatches()
    failPendingWrites(reason)
    retryWaiting()
    closeSessions(clients)
  }
}
