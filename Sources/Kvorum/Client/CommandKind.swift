/// Which commands may be sent again when their answer did not come.
enum CommandKind {
  /// Commands that change nothing. One that is missing here is taken for a write, which costs only that a
  /// lost answer is reported instead of asked for again.
  private static let reads: Set<String> = [
    "BITCOUNT", "BITPOS", "COMMAND", "CONFIG", "DBSIZE", "DUMP", "ECHO", "EXISTS", "EXPIRETIME", "GET",
    "GETBIT",
    "GETRANGE", "HELLO", "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HSCAN", "HSTRLEN", "HVALS",
    "INFO", "KEYS", "KV.GET", "KV.STATUS", "LASTSAVE", "LCS", "LINDEX", "LLEN", "LOLWUT", "LPOS", "LRANGE",
    "MEMORY", "MGET", "OBJECT", "PEXPIRETIME", "PING", "PTTL", "RANDOMKEY", "READ", "ROLE", "SCAN", "SCARD",
    "SELECT", "SISMEMBER", "SMEMBERS", "SMISMEMBER", "SRANDMEMBER", "SSCAN", "STRLEN", "SUBSTR", "TIME",
    "TOUCH",
    "TTL", "TYPE", "ZCARD", "ZCOUNT", "ZRANGE", "ZRANGEBYSCORE", "ZRANK", "ZREVRANGE", "ZSCAN", "ZSCORE",
  ]

  /// The kind of a command by its first words.
  static func of(_ arguments: [[UInt8]]) -> ClientRequest.Kind {
    guard let first = arguments.first else { return .read }
    switch name(first) {
    case "KV.CONSISTENCY":
      guard arguments.count > 2 else { return .read }
      let isStale = name(arguments[1]) == ReadConsistency.stale.rawValue.uppercased()
      let inner = of(Array(arguments.dropFirst(2)))
      return isStale && inner == .read ? .anyNode : inner
    case "CONFIG":
      return arguments.count > 1 && name(arguments[1]) == "SET" ? .write : .read
    case let command:
      return reads.contains(command) ? .read : .write
    }
  }

  /// The level that a whole `KV.CONSISTENCY level` chooses; nil for any other command.
  static func chosenConsistency(_ arguments: [[UInt8]]) -> ReadConsistency? {
    guard arguments.count == 2, name(arguments[0]) == "KV.CONSISTENCY" else { return nil }
    return ReadConsistency(rawValue: name(arguments[1]).lowercased())
  }

  /// A command's name in upper case.
  static func name(_ argument: [UInt8]) -> String { String(decoding: argument, as: UTF8.self).uppercased() }
}
