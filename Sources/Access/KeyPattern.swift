import Commands

/// Keys that a user may touch, and in which ways.
struct KeyPattern: Sendable {
  let text: [UInt8]
  var mayRead: Bool
  var mayWrite: Bool
  private let glob: GlobPattern

  /// Reads `~pattern`, `%R~pattern`, `%W~pattern` or `%RW~pattern`; a letter may stand in either case.
  init(rule: [UInt8]) throws(RuleError) {
    var rest = rule[...]
    (mayRead, mayWrite) = (true, true)
    if rest.first == UInt8(ascii: "%") {
      rest = rest.dropFirst()
      (mayRead, mayWrite) = (false, false)
      while let letter = rest.first, letter != UInt8(ascii: "~") {
        rest = rest.dropFirst()
        switch letter | 0x20 {
        case UInt8(ascii: "r") where !mayRead: mayRead = true
        case UInt8(ascii: "w") where !mayWrite: mayWrite = true
        default: throw .syntax
        }
      }
    }
    guard rest.first == UInt8(ascii: "~"), mayRead || mayWrite, !rest.contains(where: \.isBlank) else {
      throw .syntax
    }
    text = Array(rest.dropFirst())
    glob = GlobPattern(text)
  }

  /// As the rule is written.
  var description: [UInt8] {
    let prefix = mayRead && mayWrite ? "~" : mayRead ? "%R~" : "%W~"
    return Array(prefix.utf8) + text
  }

  func allows(_ access: KeyAccess) -> Bool {
    (!access.reads || mayRead) && (!access.writes || mayWrite) && glob.matches(access.key)
  }
}

extension UInt8 {
  /// Whether it would end a word of a rule.
  var isBlank: Bool { self == 0 || self == UInt8(ascii: " ") || (9...13).contains(self) }
}
