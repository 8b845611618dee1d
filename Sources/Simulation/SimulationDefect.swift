/// A fault put into the simulated surroundings on purpose, to prove that the checkers would see it.
public enum SimulationDefect: String, Sendable, CaseIterable {
  /// The disk says that a write is durable before it is.
  case acknowledgeBeforeFsync = "acknowledge-before-fsync"
  /// The disk forgets promises in a crash.
  case forgetPromises = "forget-promises"
  /// A node whose disk was lost returns under its old id.
  case keepIdentity = "keep-identity"
  /// Clocks run at rates further apart than the margin of the lease.
  case driftBeyondMargin = "drift-beyond-margin"
}
