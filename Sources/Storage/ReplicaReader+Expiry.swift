import SQLite

extension ReplicaReader {
  /// How many keys have an end, and when on average, in milliseconds of Unix time.
  public func expiringKeys() throws -> (count: Int, averageEnd: Int64) {
    try wordingErrors {
      let row = try connection.prepare(
        "SELECT count(*), CAST(avg(expires_at) AS INTEGER) FROM kv WHERE expires_at IS NOT NULL")
      guard try row.step() else { return (0, 0) }
      return (Int(row.integer(0)), row.integer(1))
    }
  }
}
