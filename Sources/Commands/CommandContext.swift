/// The sizes that a key and a value may have.
public struct CommandLimits: Hashable, Sendable {
  /// The most bytes of a key.
  public var maxKeyBytes: Int
  /// The most bytes of a value.
  public var maxValueBytes: Int

  /// Makes limits; by default 64 KiB for keys and 64 MiB for values.
  public init(maxKeyBytes: Int = 64 << 10, maxValueBytes: Int = 64 << 20) {
    self.maxKeyBytes = maxKeyBytes
    self.maxValueBytes = maxValueBytes
  }
}

/// What an evaluation may know beside the keyspace.
public struct CommandContext: Hashable, Sendable {
  /// The master's wall clock in milliseconds of Unix time, read once for the whole command.
  public var now: Int64
  /// The sizes that keys and values may have.
  public var limits: CommandLimits
  /// Drawn anew for each command, for those that choose at random.
  public var random: UInt64
  /// Whether someone wants to hear of what happens to keys.
  public var wantsEvents: Bool

  /// Makes a context.
  public init(
    now: Int64, limits: CommandLimits = CommandLimits(), random: UInt64 = 0, wantsEvents: Bool = false
  ) {
    self.now = now
    self.limits = limits
    self.random = random
    self.wantsEvents = wantsEvents
  }
}
