/// What the disks of a simulated cluster are.
public enum SimulatedStorage: String, CaseIterable, Sendable {
  /// A model in memory: fast.
  case fake
  /// The real log.db and replica.db on files that lose power and fail: slower by far.
  case sqlite
}
