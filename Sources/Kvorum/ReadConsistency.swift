/// How much a read promises (design 4.6).
public enum ReadConsistency: String, Hashable, Sendable, CaseIterable {
  /// Every read sees every write acknowledged before it; answered by the active master.
  case linearizable
  /// The newest of R slaves' answers at or after a commit index that the active master confirmed.
  case majority
  /// What one node has applied, however old.
  case stale
}
