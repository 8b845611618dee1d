/// Asks a node for one key of its replica (design 4.6).
public struct ReadRequest: Hashable, Sendable {
  /// Comes back in the answer.
  public var number: UInt64
  /// The answer is made once the node has applied at least this index.
  public var minimumAppliedIndex: LogIndex
  /// Any bytes, none too.
  public var key: [UInt8]

  /// Makes a request.
  public init(number: UInt64, minimumAppliedIndex: LogIndex, key: [UInt8]) {
    self.number = number
    self.minimumAppliedIndex = minimumAppliedIndex
    self.key = key
  }
}

/// What a node's replica holds of a key (design 4.6).
public struct ReadReply: Hashable, Sendable {
  /// The request's number.
  public var number: UInt64
  /// Whether the key exists. If not, all but the applied index are empty, zero or nil.
  public var found: Bool
  /// What the key holds.
  public var type: ValueType
  /// The value: any bytes, none too; empty for a key that has members.
  public var value: [UInt8]
  /// How many members the key has; 0 for a string.
  public var memberCount: Int
  /// Index of the entry that last changed the key.
  public var modifiedIndex: LogIndex
  /// How often the key was changed since it was created.
  public var version: UInt64
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?
  /// The node's applied index when it read the key.
  public var appliedIndex: LogIndex

  /// Makes a reply for a key that exists.
  public init(
    number: UInt64, type: ValueType = .string, value: [UInt8], memberCount: Int = 0, modifiedIndex: LogIndex,
    version: UInt64, expiresAt: Int64?, appliedIndex: LogIndex
  ) {
    self.number = number
    self.found = true
    self.type = type
    self.value = value
    self.memberCount = memberCount
    self.modifiedIndex = modifiedIndex
    self.version = version
    self.expiresAt = expiresAt
    self.appliedIndex = appliedIndex
  }

  /// Makes a reply for a key that does not exist.
  public init(number: UInt64, notFoundAt appliedIndex: LogIndex) {
    self.number = number
    self.found = false
    self.type = .string
    self.value = []
    self.memberCount = 0
    self.modifiedIndex = 0
    self.version = 0
    self.expiresAt = nil
    self.appliedIndex = appliedIndex
  }
}
