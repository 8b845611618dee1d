/// What a command did to one key, already decided: applying it needs no clock and no other key.
public struct Mutation: Hashable, Sendable {
  /// What happens to the key. The raw values are stored and sent; a retired one is never used again.
  public enum Operation: UInt8, Sendable {
    /// The key holds the value from now on.
    case put = 1
    /// The key is gone.
    case delete = 2
  }

  /// What happens to the key.
  public var operation: Operation
  /// Any bytes.
  public var key: [UInt8]
  /// Any bytes; empty for a delete.
  public var value: [UInt8]
  /// When the key ends, in milliseconds of Unix time; nil means never.
  public var expiresAt: Int64?

  /// Makes a mutation from its parts.
  public init(operation: Operation, key: [UInt8], value: [UInt8], expiresAt: Int64?) {
    self.operation = operation
    self.key = key
    self.value = value
    self.expiresAt = expiresAt
  }

  /// The key holds the value until `expiresAt` (milliseconds of Unix time), or for ever.
  public static func put(_ key: [UInt8], _ value: [UInt8], expiresAt: Int64? = nil) -> Mutation {
    Mutation(operation: .put, key: key, value: value, expiresAt: expiresAt)
  }

  /// The key is gone.
  public static func delete(_ key: [UInt8]) -> Mutation {
    Mutation(operation: .delete, key: key, value: [], expiresAt: nil)
  }
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
      mutations.reduce(32) { $0 + 24 + $1.key.count + $1.value.count }
    }
  }
}
