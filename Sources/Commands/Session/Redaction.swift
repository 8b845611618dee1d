extension Command {
  private static let hidden = Array("(redacted)".utf8)

  /// The request as it may be shown to people, without the passwords that it holds.
  ///
  /// Whatever writes requests down asks this: the log, MONITOR, SLOWLOG.
  public func redacted(_ arguments: [[UInt8]]) -> [[UInt8]] {
    switch name {
    case "auth": return hiding(arguments, from: 1)
    case "acl|setuser": return hiding(arguments, from: 2)
    case "acl|deluser", "acl|getuser": return hiding(arguments, from: 2)
    case "config|set": return hiding(arguments, from: 3, by: 2)
    case "hello":
      guard let word = arguments.firstIndex(where: { $0.isWord("auth") }) else { return arguments }
      return hiding(arguments, from: word + 1)
    default: return arguments
    }
  }

  private func hiding(_ arguments: [[UInt8]], from first: Int, by step: Int = 1) -> [[UInt8]] {
    var shown = arguments
    for place in stride(from: first, to: shown.count, by: step) { shown[place] = Self.hidden }
    return shown
  }
}
