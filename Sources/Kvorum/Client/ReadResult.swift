/// The answer to a read, and where it comes from.
public struct ReadResult: Hashable, Sendable {
  /// Who answered.
  public enum Source: Hashable, Sendable {
    /// A master, with what the read level promises.
    case master
    /// Slaves that were asked directly: `answers` of `n`. The newest answer was taken, of a replica that had
    /// applied the log up to `appliedIndex`.
    case slaves(answers: Int, n: Int, appliedIndex: UInt64)
  }

  /// The value; nil if there is no such key.
  public var value: [UInt8]?
  /// Who answered.
  public var source: Source

  /// Whether a write that was acknowledged may be missing from the answer, because no master could say up to
  /// where the log is committed.
  public var mayMissAcknowledgedWrites: Bool { source != .master }
}
