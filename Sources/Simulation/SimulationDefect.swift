/// A fault put into the simulated surroundings on purpose, to prove that the checkers would see it.
public enum SimulationDefect: String, Sendable, CaseIterable {
  /// The disk says that a write is durable before it is.
  case acknowledgeBeforeFsync = "acknowledge-before-fsync"
  /// The driver serves reads whenever it believes that it leads, lease or not.
  case readWithoutLease = "read-without-lease"
  /// The driver answers a write when it is proposed.
  case answerBeforeCommit = "answer-before-commit"
  /// The driver answers reads with effects that are not committed yet.
  case readUncommitted = "read-uncommitted"
  /// The disk forgets promises in a crash.
  case forgetPromises = "forget-promises"
  /// A node whose disk was lost returns under its old id.
  case keepIdentity = "keep-identity"
  /// Clocks run at rates further apart than the margin of the lease.
  case driftBeyondMargin = "drift-beyond-margin"
  /// The driver goes on answering reads after the handover is signed.
  case serveAfterHandover = "serve-after-handover"
}
