/// What CLIENT PAUSE asks for.
public struct PauseRequest: Hashable, Sendable {
  /// For how long, in milliseconds.
  public var milliseconds: Int64
  /// Whether only commands that may write wait.
  public var onlyWrites: Bool

  /// Reads the arguments of CLIENT PAUSE, of which the first two are its name.
  public init(_ arguments: [[UInt8]]) throws(CommandError) {
    onlyWrites = arguments.count == 4 && arguments[3].isWord("write")
    guard arguments.count <= 4 else {
      throw .wrongSubcommand(arguments[1].lossyText, of: "CLIENT")
    }
    guard arguments.count == 3 || onlyWrites || arguments[3].isWord("all") else {
      throw CommandError("ERR CLIENT PAUSE mode must be WRITE or ALL")
    }
    milliseconds = try arguments[2].timeout()
  }
}

/// What CLIENT UNBLOCK asks for.
public struct UnblockRequest: Hashable, Sendable {
  /// The connection.
  public var id: Int64
  /// Whether its command is to be answered with an error rather than as if its time were over.
  public var withError: Bool

  /// Reads the arguments of CLIENT UNBLOCK, of which the first two are its name.
  public init(_ arguments: [[UInt8]]) throws(CommandError) {
    guard arguments.count <= 4 else {
      throw .wrongSubcommand(arguments[1].lossyText, of: "CLIENT")
    }
    withError = arguments.count == 4 && arguments[3].isWord("error")
    guard arguments.count == 3 || withError || arguments[3].isWord("timeout") else {
      throw CommandError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
    }
    id = try arguments[2].integer()
  }
}

/// What WAIT or WAITAOF asks for.
public struct WaitRequest: Hashable, Sendable {
  /// How many slaves are to have the connection's last write on disk.
  public var slaves: Int64
  /// Whether this node's own disk is to have it too.
  public var needsLocal: Bool
  /// For how long to wait at most, in milliseconds; 0 for as long as it takes.
  public var milliseconds: Int64
  /// Whether the answer tells of this node's disk too.
  public var tellsLocal: Bool

  /// Reads the arguments of WAIT or WAITAOF, of which the first is the name.
  public init(_ arguments: [[UInt8]]) throws(CommandError) {
    tellsLocal = arguments[0].isWord("waitaof")
    if tellsLocal {
      let local = try arguments[1].integer()
      guard (0...1).contains(local) else {
        throw CommandError("ERR value is out of range, value must between 0 and 1")
      }
      needsLocal = local == 1
      slaves = try arguments[2].integer()
      guard slaves >= 0 else { throw CommandError("ERR value is out of range, must be positive") }
    } else {
      needsLocal = false
      slaves = try arguments[1].integer()
    }
    milliseconds = try arguments[arguments.count - 1].timeout()
  }

  /// Whether so many slaves, and this node or not, are what it waits for.
  public func isMet(slaves count: Int, local: Bool) -> Bool {
    Int64(count) >= slaves && (local || !needsLocal)
  }

  /// The answer when so many slaves, and this node or not, have the write on disk.
  public func reply(slaves count: Int, local: Bool) -> Reply {
    tellsLocal ? .array([.integer(local ? 1 : 0), .integer(Int64(count))]) : .integer(Int64(count))
  }

  /// The error of a node that does not lead.
  public var refusal: Reply {
    tellsLocal
      ? .error(
        "ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just "
          + "local and are not propagated.")
      : .error(
        "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is "
          + "configured to be writable (which is not the default) writes to replicas are just local and are not "
          + "propagated.")
  }
}

extension [UInt8] {
  /// A time to wait, in milliseconds.
  fileprivate func timeout() throws(CommandError) -> Int64 {
    guard let value = parsedInteger else {
      throw CommandError("ERR timeout is not an integer or out of range")
    }
    guard value >= 0 else { throw CommandError("ERR timeout is negative") }
    // Later than a clock of nanoseconds can tell.
    guard value < 1 << 43 else { throw CommandError("ERR timeout is out of range") }
    return value
  }
}
