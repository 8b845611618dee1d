/// What a command did to one key, already decided: applying it needs no clock and no other key.
public struct Mutation: Hashable, Sendable {
  /// What happens to the key. The raw values are stored and sent; a retired one is never used again.
  public enum Operation: UInt8, Sendable, CaseIterable {
    /// The key holds the string `value` until `expiresAt`, whatever it held before.
    case put = 1
    /// The key is gone, with all its members.
    case delete = 2
    /// Every key is gone; `key` is empty.
    case clear = 3
    /// The key, which holds members, ends at `expiresAt`, or never. Nothing happens if there is no such key.
    case expire = 4
    /// The hash `key` has the field `member` with this value.
    case setField = 5
    /// The hash has that field no longer.
    case deleteField = 6
    /// The set `key` has `member`.
    case addMember = 7
    /// The set has it no longer.
    case removeMember = 8
    /// The sorted set `key` has `member` with the score that `value` writes in decimal.
    case setScore = 9
    /// The sorted set has it no longer.
    case removeScored = 10
    /// The list `key` has `value` at the position that `member` names; elements are in the order of these bytes.
    case setElement = 11
    /// The list has nothing there any longer.
    case removeElement = 12

    /// What the key holds that has members which the operation changes; nil for an operation on the key itself.
    public var container: ValueType? {
      switch self {
      case .put, .delete, .clear, .expire: nil
      case .setField, .deleteField: .hash
      case .addMember, .removeMember: .set
      case .setScore, .removeScored: .sortedSet
      case .setElement, .removeElement: .list
      }
    }

    /// Whether it takes a member away. A key that has lost its last member is gone.
    public var isRemoval: Bool {
      switch self {
      case .deleteField, .removeMember, .removeScored, .removeElement: true
      default: false
      }
    }

    /// Whether `value` has a meaning.
    public var hasValue: Bool {
      switch self {
      case .put, .setField, .setScore, .setElement: true
      default: false
      }
    }

    /// Whether `expiresAt` has a meaning.
    public var hasExpiry: Bool { self == .put || self == .expire }
  }

  /// What happens to the key.
  public var operation: Operation
  /// Any bytes.
  public var key: [UInt8]
  /// The part of the key that changes, any bytes; empty for an operation on the key itself.
  public var member: [UInt8]
  /// Any bytes; empty for an operation that has none.
  public var value: [UInt8]
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a mutation from its parts.
  public init(
    operation: Operation, key: [UInt8], member: [UInt8] = [], value: [UInt8] = [], expiresAt: Int64? = nil
  ) {
    self.operation = operation
    self.key = key
    self.member = member
    self.value = value
    self.expiresAt = expiresAt
  }

  /// The key holds the value until `expiresAt` (milliseconds of Unix time), or for ever.
  public static func put(_ key: [UInt8], _ value: [UInt8], expiresAt: Int64? = nil) -> Mutation {
    Mutation(operation: .put, key: key, value: value, expiresAt: expiresAt)
  }

  /// The key is gone.
  public static func delete(_ key: [UInt8]) -> Mutation { Mutation(operation: .delete, key: key) }
}

/// What a key holds.
public enum ValueType: String, Hashable, Sendable, CaseIterable {
  /// Any bytes.
  case string
  /// Fields with values.
  case hash
  /// Values in an order, found by their place.
  case list
  /// Members.
  case set
  /// Members with scores, in the order of these.
  case sortedSet = "zset"
}

/// One atomic unit of the log.
public struct Entry: Hashable, Sendable {
  /// What the entry carries.
  public enum Payload: Hashable, Sendable {
    /// Nothing: the first entry of a reign, which commits all before it.
    case noop
    /// The members from here on (design 4.8).
    case configuration(ClusterConfiguration)
    /// The effects of one command or transaction, seen whole or not at all; never empty.
    case mutations([Mutation])
  }

  /// The position in the log.
  public var index: LogIndex
  /// The reign in which it was appended.
  public var epoch: Epoch
  /// The master's wall clock at the append, in milliseconds of Unix time; for people, never for a decision.
  public var time: Int64
  /// What the entry carries.
  public var payload: Payload

  /// Makes an entry from its parts.
  public init(index: LogIndex, epoch: Epoch, time: Int64, payload: Payload) {
    self.index = index
    self.epoch = epoch
    self.time = time
    self.payload = payload
  }

  /// About how many bytes the entry takes in memory and on the wire.
  public var approximateSize: Int {
    switch payload {
    case .noop: 32
    case .configuration(let configuration): 64 + configuration.approximateSize
    case .mutations(let mutations):
      mutations.reduce(32) { $0 + 24 + $1.key.count + $1.member.count + $1.value.count }
    }
  }
}
