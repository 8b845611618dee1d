import Commands
import Replication

/// What a `RequestServer` is told when it starts.
public struct ServingOptions: Sendable {
  /// How long a write may wait for its quorum before it is answered as in doubt, in nanoseconds.
  public var writeTimeout: Nanoseconds
  /// How long a read may wait for a confirmation, in nanoseconds.
  public var readTimeout: Nanoseconds
  /// The sizes that keys and values may have.
  public var limits: CommandLimits
  /// Whether the host wants to hear of each command.
  public var logsRequests: Bool

  /// Makes options with the defaults of a release.
  public init(
    writeTimeout: Nanoseconds = .milliseconds(2_000), readTimeout: Nanoseconds = .milliseconds(1_000),
    limits: CommandLimits = CommandLimits(), logsRequests: Bool = false
  ) {
    self.writeTimeout = writeTimeout
    self.readTimeout = readTimeout
    self.limits = limits
    self.logsRequests = logsRequests
  }
}
