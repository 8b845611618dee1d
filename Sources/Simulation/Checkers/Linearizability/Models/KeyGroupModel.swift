/// Many keys with operations on several at once, each of which is atomic.
///
/// Keys that some operation names together are one object, and so are those connected through others.
public struct KeyGroupModel<Key: Hashable & Sendable, Value: Hashable & Sendable>: SequentialModel {
  /// A key with its value.
  public struct Pair: Hashable, Sendable {
    /// The key.
    public var key: Key
    /// The value.
    public var value: Value

    /// Makes a pair.
    public init(_ key: Key, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// What was asked for.
  public enum Input: Hashable, Sendable {
    /// What do these keys hold? GET and MGET.
    case read([Key])
    /// These keys hold these values from now on; of one key named twice the last counts. SET and MSET.
    case write([Pair])
    /// The same if none of the keys holds anything. Answers 1 if it was done, else 0. SETNX and MSETNX.
    case writeIfAllAbsent([Pair])
    /// These keys hold nothing from now on. Answers how many held something. DEL.
    case delete([Key])

    /// The keys it names.
    public var keys: [Key] {
      switch self {
      case .read(let keys), .delete(let keys): keys
      case .write(let pairs), .writeIfAllAbsent(let pairs): pairs.map(\.key)
      }
    }
  }

  /// What is answered.
  public enum Output: Hashable, Sendable {
    /// It was done, and nothing more is told.
    case done
    /// What each key holds.
    case values([Value?])
    /// A number of keys, or 1 and 0.
    case count(Int)
  }

  /// Nothing.
  public var initial: [Key: Value] { [:] }

  /// An empty keyspace.
  public init() {}

  /// The state after an operation; nil if the answer does not fit.
  public func step(_ state: [Key: Value], _ input: Input, _ output: Output?) -> [Key: Value]? {
    var after = state
    var count: Int?
    var values: [Value?]?
    switch input {
    case .read(let keys): values = keys.map { state[$0] }
    case .write(let pairs): for pair in pairs { after[pair.key] = pair.value }
    case .writeIfAllAbsent(let pairs):
      let absent = pairs.allSatisfy { state[$0.key] == nil }
      if absent { for pair in pairs { after[pair.key] = pair.value } }
      count = absent ? 1 : 0
    case .delete(let keys):
      for key in keys { after[key] = nil }
      count = state.count - after.count
    }
    switch output {
    case .values(let seen) where seen != values: return nil
    case .count(let seen) where seen != count: return nil
    default: return after
    }
  }

  /// Reads, and conditions that did not hold.
  public func isRead(_ input: Input, _ output: Output) -> Bool {
    switch (input, output) {
    case (.read, _), (.writeIfAllAbsent, .count(0)), (.delete, .count(0)): true
    default: false
    }
  }

  /// The groups of keys that operations connect.
  public func partition(_ history: [ClientOperation<Self>]) -> [HistoryPart] {
    HistoryPart.byConnectedKeys(history.map(\.input.keys))
  }
}
