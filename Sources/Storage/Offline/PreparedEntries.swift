import Replication
import SQLite

/// Entries, and what they do to the keyspace in the order of its table: half of the work of applying them, for a thread
/// that has the time.
public struct PreparedEntries {
  /// In order, without gaps.
  public let entries: [Entry]
  /// The chain's value at each.
  public let checksums: [UInt64]
  let changes: OrderedChanges

  /// Puts entries in order.
  public init(_ entries: [Entry], checksums: [UInt64]) {
    self.entries = entries
    self.checksums = checksums
    changes = KeyChanges(entries[...]).inTableOrder()
  }
}
