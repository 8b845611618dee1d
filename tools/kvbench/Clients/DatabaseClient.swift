import RESP

/// What a client knows of a command's end.
enum CommandOutcome: Sendable {
  case value(RESPValue)
  /// It was not done.
  case refused(String)
  /// It may have been done, may still be done, or may never be.
  case unknown(String)
  /// An answer that nothing explains.
  case wrong(String)
}

/// Someone who runs commands on the cluster and follows failovers.
protocol DatabaseClient: Sendable {
  /// Runs a command, at the active master unless it says otherwise.
  ///
  /// - Parameter isWrite: Whether it may change something, and so must not be sent twice.
  func call(_ words: [String], isWrite: Bool) async -> CommandOutcome
}

/// What an error answer says of the command that got it.
enum ErrorAnswer {
  /// Nothing was done, and another try may succeed.
  static func isRefusal(_ line: String) -> Bool {
    ["READONLY", "NOREPLICAS", "CLUSTERDOWN", "MASTERDOWN", "MISCONF", "LOADING"]
      .contains(String(line.prefix { $0 != " " }))
  }

  static func isDoubt(_ line: String) -> Bool { line.hasPrefix("INDOUBT ") }
}
