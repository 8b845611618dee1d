// Which entries the cluster still needs, and what it means that others are gone (design 4.9).

extension ReplicationCore {
  /// The entry after which the log begins.
  public var base: LogPosition { log.base }

  /// The entries after this one may still have to be sent to some node: the log had better not be trimmed above it.
  ///
  /// Safety does not depend on it. A node whose next entry is gone is sent a snapshot.
  public var neededIndex: LogIndex {
    min(leadership?.needed ?? neededByOthers, neededAfterFill)
  }

  /// Who is sent our copy goes on with the entries after it.
  private var neededAfterFill: LogIndex {
    snapshot.map { max($0.base.index, floor(lag: fillingLag)) } ?? log.lastIndex
  }

  /// A fill takes as long as it takes, and one whose next entry is gone when it ends was for nothing.
  private var fillingLag: LogIndex { 4 * min(options.followerLag, 1 << 60) }

  private func floor(lag: LogIndex) -> LogIndex { log.lastIndex - min(lag, log.lastIndex) }

  /// Works out what the followers with a link still need, each up to a limit: one that lags by more is filled.
  mutating func updateNeeded() {
    guard let leadership else { return }
    var needed = neededAfterFill
    for progress in leadership.progress.values where progress.connected {
      let lag = progress.isFilling ? fillingLag : options.followerLag
      needed = min(needed, max(progress.transfer?.snapshot?.base.index ?? progress.match, floor(lag: lag)))
    }
    self.leadership?.needed = needed
  }

  mutating func trimming(upTo index: LogIndex, at now: Instant, into effects: inout [Effect]) {
    guard index > log.base.index, index <= applied else { return }
    log.trim(upTo: index)
    for id in leadership?.followers ?? [] {
      guard let progress = leadership?.progress[id], progress.connected, !progress.fetching,
        progress.next <= log.base.index
      else { continue }
      fill(id, at: now, into: &effects)
    }
  }
}
