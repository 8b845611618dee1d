/// A point of the log, and all that the entries up to it leave behind beside the keyspace.
///
/// A log can begin after it, and a replica stands at one: together they are what a snapshot carries (design 4.9).
public struct LogBase: Hashable, Sendable {
  /// The entry.
  public var position: LogPosition
  /// The entry's time, in milliseconds of Unix time; for people.
  public var time: Int64
  /// The checksum chain's value at the entry.
  public var checksum: UInt64
  /// The newest configuration up to the entry; nil if there is none.
  public var configuration: IndexedConfiguration?

  /// Before the first entry.
  public static let zero = LogBase(
    position: .zero, time: 0, checksum: EntryChecksum.initial, configuration: nil)

  /// Makes a point from its parts.
  public init(position: LogPosition, time: Int64, checksum: UInt64, configuration: IndexedConfiguration?) {
    self.position = position
    self.time = time
    self.checksum = checksum
    self.configuration = configuration
  }

  /// The index of the entry.
  public var index: LogIndex { position.index }

  /// Goes on by one entry, which must be the next one.
  public mutating func advance(by entry: Entry) {
    advance(by: entry, checksum: EntryChecksum.next(after: checksum, entry))
  }

  /// Goes on by one entry whose chain value is known.
  public mutating func advance(by entry: Entry, checksum: UInt64) {
    position = LogPosition(epoch: entry.epoch, index: entry.index)
    time = entry.time
    self.checksum = checksum
    if case .configuration(let configuration) = entry.payload {
      self.configuration = IndexedConfiguration(index: entry.index, configuration: configuration)
    }
  }
}
