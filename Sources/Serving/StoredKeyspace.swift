import Commands
import Replication

/// The keyspace as a node has applied it: a prefix of the committed log, and which prefix that is.
///
/// Each call sees the last complete state when it begins, unless a snapshot is held.
public protocol StoredKeyspace: AnyObject {
  /// What a key holds; nil if it does not exist.
  func value(for key: [UInt8]) throws -> StoredValue?
  /// The number of keys, those past their expiry included.
  func count() throws -> Int
  /// Up to `limit` keys after a key, or from the start, in the order of `precedes`. The key itself need not exist.
  func keys(after key: [UInt8]?, limit: Int) throws -> [ScannedKey]
  /// One of the keys, chosen by a random number; nil if there is none.
  func anyKey(_ random: UInt64) throws -> ScannedKey?
  /// What stands beside a member of a key, or nil if there is no such member.
  func member(_ name: [UInt8], of key: [UInt8]) throws -> [UInt8]?
  /// Up to `limit` members of a key after `name`, or from the first one, in the order of their names' bytes.
  /// `descending` turns the order round: the members before `name`, or from the last one.
  func members(of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool) throws -> [KeyMember]
  /// The member at a place from 0 on, in the order of `members`; nil if the key has no more.
  func member(at place: Int, of key: [UInt8]) throws -> KeyMember?
  /// Up to `limit` keys that end at or after `start` and before `moment`, in milliseconds of Unix time, the earliest first;
  /// of those that end at `start` only those after `key`, if there is one.
  func keys(
    endingFrom start: Int64, after key: [UInt8]?, before moment: Int64, limit: Int
  ) throws -> [ScannedKey]
  /// How many keys have an end, and when on average, in milliseconds of Unix time; for people.
  func expiringKeys() throws -> (count: Int, averageEnd: Int64)
  /// Whether one key stands before another in a scan.
  func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool
  /// The index of the last entry that was applied.
  func appliedIndex() throws -> LogIndex

  /// Whether all reads see one state at present.
  var isHoldingSnapshot: Bool { get }
  /// Lets all reads until `releaseSnapshot` see the state that is the last complete one now.
  func holdSnapshot() throws
  /// Ends what `holdSnapshot` or `shareSnapshot` began.
  func releaseSnapshot()
  /// Lets the reads that follow share one snapshot, for a moment that its owner chooses; it makes them cheaper.
  func shareSnapshot() throws
}

extension StoredKeyspace {
  /// Looks at all of them; a keyspace that is large has a better way.
  public func expiringKeys() throws -> (count: Int, averageEnd: Int64) {
    let ends = try keys(after: nil, limit: .max).compactMap(\.expiresAt)
    return (ends.count, ends.isEmpty ? 0 : ends.reduce(0, +) / Int64(ends.count))
  }

  /// Runs several reads that all see the same state.
  func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
    guard !isHoldingSnapshot else { return try body() }
    try holdSnapshot()
    defer { releaseSnapshot() }
    return try body()
  }
}
