import Replication

/// Applied <= commit <= the end of the log, and neither of the first two goes back while a process lives.
struct ProgressChecker {
  private var commit: LogIndex = 0
  private var applied: LogIndex = 0

  /// After a step; returns what is wrong, or nil.
  mutating func step(applied: LogIndex, commit: LogIndex, last: LogIndex) -> Broken? {
    guard applied <= commit, commit <= last, commit >= self.commit, applied >= self.applied else {
      return Broken(
        .order,
        "applied index \(self.applied) became \(applied), commit index \(self.commit) became \(commit), "
          + "and the log ends at \(last)")
    }
    self.commit = commit
    self.applied = applied
    return nil
  }
}
