import Replication

extension Evaluation {
  /// The keys under which answers are kept for `KV.ONCE` begin with this.
  public static let oncePrefix = Array("kvorum:once:".utf8)
  /// For how long, in milliseconds.
  public static let onceRetention: Int64 = 3_600_000

  /// Runs commands unless a request with the same token was done before; then it answers what that was answered.
  ///
  /// The answer is a key of the entry that it belongs to, so that both are there or neither, on every master. What
  /// changed nothing is not kept: to do that again is to do it once.
  ///
  /// - Parameter request: All words that are to be done; a token stands for them alone.
  public mutating func runOnce(
    token: [UInt8], request: [[[UInt8]]], _ body: (inout Evaluation) throws -> Reply
  ) throws -> Reply {
    let key = Self.oncePrefix + token
    guard key.count <= context.limits.maxKeyBytes else {
      return .error(CommandError.keyTooLong(key.count, limit: context.limits.maxKeyBytes).text)
    }
    let fingerprint = request.joined().reduce(UInt64(request.count)) { xxh64($1, seed: $0) }
    if let stored = try live(key) {
      guard let record = OnceRecord(stored.value), record.fingerprint == fingerprint else {
        return .error("ERR this token was used for another command: choose a new one for each")
      }
      return record.reply
    }
    let reply = try body(&self)
    if !decided.isEmpty, !reply.isError {
      try put(
        key, OnceRecord(fingerprint: fingerprint, reply: reply).bytes,
        expiresAt: context.now + Self.onceRetention)
    }
    return reply
  }
}
