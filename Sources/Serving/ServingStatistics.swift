/// What a node has counted since it started, for INFO.
public struct ServingStatistics: Hashable, Sendable {
  /// Connections that were opened.
  public var connections: UInt64 = 0
  /// Requests of all kinds.
  public var commands: UInt64 = 0
  /// Commands that wrote an entry.
  public var writes: UInt64 = 0
  /// Writes that were answered as in doubt.
  public var inDoubt: UInt64 = 0
  /// Keys that were deleted because their end had come, without being asked for.
  public var expired: UInt64 = 0
  /// Times that this node became the active master.
  public var reigns: UInt64 = 0

  /// Nothing has happened yet.
  public init() {}
}
