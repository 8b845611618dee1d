import Replication
import SQLite

extension LogSource {
  /// The log's runs of one epoch, as its table says: first index and epoch; those before its base too.
  public func storedReigns() throws -> [LogPosition] {
    try wordingErrors {
      let rows = try connection.prepare("SELECT first, epoch_round, epoch_master FROM reigns ORDER BY first")
      var reigns: [LogPosition] = []
      while try rows.step() {
        reigns.append(
          LogPosition(epoch: Epoch(round: rows.bits(1), master: NodeID(rows.bits(2))), index: rows.bits(0)))
      }
      return reigns
    }
  }

  /// The configurations that the log holds and can be read, with the time of each in milliseconds of Unix time.
  public func configurations() throws -> [(configuration: IndexedConfiguration, time: Int64)] {
    try wordingErrors {
      let rows = try connection.prepare(
        #"SELECT "index", value, time FROM log WHERE op = 'config' ORDER BY "index""#)
      var found: [(configuration: IndexedConfiguration, time: Int64)] = []
      while try rows.step() {
        guard let configuration = ConfigurationCoding.decode(rows.bytes(1)) else { continue }
        found.append(
          (IndexedConfiguration(index: rows.bits(0), configuration: configuration), rows.integer(2)))
      }
      return found
    }
  }

  /// The first and the last row's index and time; nil if there is none. The time is that of the first that has one:
  /// what a cluster is born with has none.
  public func ends() throws -> (first: (LogIndex, Int64), last: (LogIndex, Int64))? {
    try wordingErrors {
      func end(_ order: String) throws -> (LogIndex, Int64)? {
        let row = try connection.prepare(#"SELECT "index", time FROM log ORDER BY "index" \#(order) LIMIT 1"#)
        return try row.step() ? (row.bits(0), row.integer(1)) : nil
      }
      guard let first = try end("ASC"), let last = try end("DESC") else { return nil }
      let time = try connection.integer(#"SELECT time FROM log WHERE time > 0 ORDER BY "index" LIMIT 1"#)
      return ((first.0, time ?? 0), last)
    }
  }

  /// How many bytes of the file hold nothing.
  public func freeBytes() throws -> Int64 {
    try wordingErrors { (try connection.integer("PRAGMA freelist_count") ?? 0) * 4_096 }
  }
}
