import Replication
import SQLite

extension LogSource {
  /// One row of a log that may be damaged.
  public enum Row {
    /// An entry that can be read, and the chain's value that stands beside it; nothing says yet that they fit.
    case entry(Entry, checksum: UInt64)
    /// A row that is there and is no entry; the chain's value that stands beside it.
    case unfit(LogIndex, reason: String, checksum: UInt64)
    /// Rows that SQLite cannot read, if there are any: nothing is known of them.
    case unreadable(ClosedRange<LogIndex>, reason: String)
  }

  /// Hands out all rows in order, as far as each can be read, until `body` returns false.
  ///
  /// - Parameter strictly: Whether a row that holds more than its entry does not fit either.
  public func forEachRow(
    from first: LogIndex = 0, strictly: Bool = false, _ body: (Row) throws -> Bool
  ) throws {
    let rows = reader.entries
    row = nil
    reader.isStrict = strictly
    defer {
      rows.reset()
      reader.isStrict = false
    }
    var next = first
    var isAtStart = true
    while true {
      let isRow: Bool
      do {
        if isAtStart {
          rows.reset()
          rows.bind(bits: next, at: 1)
          isAtStart = false
        }
        isRow = try rows.step()
      } catch let error as SQLiteError {
        let found = firstReadable(after: next)
        guard next <= (found.map { $0 - 1 } ?? max(next, lastIndex)) else { return }
        let range = next...(found.map { $0 - 1 } ?? max(next, lastIndex))
        guard try body(.unreadable(range, reason: error.message)), let found else { return }
        next = found
        isAtStart = true
        continue
      }
      guard isRow else { return }
      let index = rows.bits(0)
      guard try body(current(index)) else { return }
      next = index &+ 1
    }
  }

  private func current(_ index: LogIndex) -> Row {
    let checksum = reader.entries.bits(8)
    do {
      return .entry(try reader.current(index), checksum: checksum)
    } catch {
      let reason = (error as? StorageError)?.finding ?? (error as? SQLiteError)?.message ?? "\(error)"
      return .unfit(index, reason: reason, checksum: checksum)
    }
  }

  /// The first row behind a page that cannot be read; nil if there is none.
  private func firstReadable(after index: LogIndex) -> LogIndex? {
    func row(from start: LogIndex) -> LogIndex? {
      reader.entries.reset()
      reader.entries.bind(bits: start, at: 1)
      guard (try? reader.entries.step()) == true else { return nil }
      return reader.entries.bits(0)
    }
    var distance: LogIndex = 1
    while index + distance <= max(lastIndex, index) + 1, row(from: index + distance) == nil { distance *= 2 }
    guard row(from: index + distance) != nil else {
      return distance > 1 ? closest(index + distance / 2, min(index + distance, lastIndex), row) : nil
    }
    return closest(index + distance / 2, index + distance, row)
  }

  private func closest(
    _ unreadable: LogIndex, _ readable: LogIndex, _ row: (LogIndex) -> LogIndex?
  ) -> LogIndex? {
    guard unreadable < readable, row(readable) != nil else { return nil }
    var (low, high) = (unreadable, readable)
    while low + 1 < high {
      let middle = low + (high - low) / 2
      if row(middle) == nil { low = middle } else { high = middle }
    }
    return row(high)
  }
}
