import Commands

/// Somebody who may log in, and what they may do then.
public struct User: Sendable {
  /// The user that a connection is before it logs in, if that is allowed.
  public static let defaultName = Array("default".utf8)

  /// What it is called.
  public let name: [UInt8]
  /// Whether anybody may log in as this user.
  public private(set) var isEnabled = false
  /// Whether any password is right.
  public private(set) var needsNoPassword = false
  private var checksPayloads = true
  private var passwords: [PasswordHash] = []
  private var root = Selector()
  private var selectors: [Selector] = []

  /// A user who may do nothing.
  public init(name: [UInt8]) { self.name = name }

  /// A user who may do everything, with these passwords or, without one, with any.
  public static func unrestricted(_ name: [UInt8], passwords: [PasswordHash] = []) -> User {
    var user = User(name: name)
    user.isEnabled = true
    user.needsNoPassword = passwords.isEmpty
    user.passwords = passwords
    for rule in ["allkeys", "allchannels", "allcommands"] {
      try? user.root.apply(Array(rule.utf8), CommandTable([]))
    }
    return user
  }

  /// Whether there is nothing that this user may not do.
  public var isUnrestricted: Bool { root.isUnrestricted }

  /// Whether the user may listen to a channel, or to all that a pattern describes, whichever commands it may run.
  public func mayListen(to name: [UInt8], isPattern: Bool) -> Bool {
    ([root] + selectors).contains { $0.allowsListening(to: name, isPattern: isPattern) }
  }

  /// Whether this password opens the user, in a time that tells nothing about the right one.
  public func accepts(_ password: [UInt8]) -> Bool {
    let hash = PasswordHash(of: password)
    var isRight = needsNoPassword
    for known in passwords where known.isSame(as: hash) { isRight = true }
    return isRight && isEnabled
  }

  /// What this user may not do of a command with its arguments, the name first; nil if nothing.
  public func denial(of command: Command, _ arguments: [[UInt8]]) -> Denial? {
    guard var worst = root.denial(of: command, arguments) else { return nil }
    for selector in selectors {
      guard let denial = selector.denial(of: command, arguments) else { return nil }
      if denial.rank > worst.rank { worst = denial }
    }
    return worst
  }

  // MARK: Rules

  /// Takes rules in order, all of them or none: those in parentheses may be spread over several words.
  ///
  /// - Throws: `RuleFailure`, which says what is wrong with which rule.
  public mutating func apply(_ rules: [[UInt8]], _ table: CommandTable) throws(RuleFailure) {
    var changed = self
    for rule in try Self.joined(rules) {
      do throws(RuleError) {
        try changed.apply(rule, table)
      } catch {
        throw RuleFailure(rule: rule, error: error)
      }
    }
    self = changed
  }

  /// Puts together what stands in parentheses.
  private static func joined(_ rules: [[UInt8]]) throws(RuleFailure) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var open: [UInt8]?
    for rule in rules {
      if var whole = open {
        whole += [UInt8(ascii: " ")] + rule
        open = whole
      } else if rule.first == UInt8(ascii: "(") {
        open = rule
      } else {
        result.append(rule)
        continue
      }
      if rule.last == UInt8(ascii: ")"), let whole = open {
        result.append(whole)
        open = nil
      }
    }
    if let open { throw RuleFailure(rule: open, error: .syntax, isOpen: true) }
    return result
  }

  private mutating func apply(_ rule: [UInt8], _ table: CommandTable) throws(RuleError) {
    switch String(decoding: rule, as: UTF8.self).lowercased() {
    case "": break
    case "on": isEnabled = true
    case "off": isEnabled = false
    case "nopass":
      needsNoPassword = true
      passwords = []
    case "sanitize-payload": checksPayloads = true
    case "skip-sanitize-payload": checksPayloads = false
    case "resetpass":
      needsNoPassword = false
      passwords = []
    case "reset": self = User(name: name)
    case "clearselectors": selectors = []
    default: try applyContent(rule, table)
    }
  }

  private mutating func applyContent(_ rule: [UInt8], _ table: CommandTable) throws(RuleError) {
    let content = Array(rule.dropFirst())
    switch rule.first {
    case UInt8(ascii: ">"): add(PasswordHash(of: content))
    case UInt8(ascii: "#"):
      guard let hash = PasswordHash(hexadecimal: content) else { throw .malformedHash }
      add(hash)
    case UInt8(ascii: "<"): try remove(PasswordHash(of: content))
    case UInt8(ascii: "!"):
      guard let hash = PasswordHash(hexadecimal: content) else { throw .malformedHash }
      try remove(hash)
    case UInt8(ascii: "("):
      guard content.last == UInt8(ascii: ")") else { throw .syntax }
      var selector = Selector()
      for word in content.dropLast().split(separator: UInt8(ascii: " ")) {
        try selector.apply(Array(word), table)
      }
      selectors.append(selector)
    default: try root.apply(rule, table)
    }
  }

  private mutating func add(_ hash: PasswordHash) {
    if !passwords.contains(where: { $0.isSame(as: hash) }) { passwords.append(hash) }
    needsNoPassword = false
  }

  private mutating func remove(_ hash: PasswordHash) throws(RuleError) {
    guard let place = passwords.firstIndex(where: { $0.isSame(as: hash) }) else { throw .unknownPassword }
    passwords.remove(at: place)
  }

  // MARK: Descriptions

  private var flags: [String] {
    [isEnabled ? "on" : "off"] + (needsNoPassword ? ["nopass"] : [])
      + [checksPayloads ? "sanitize-payload" : "skip-sanitize-payload"]
  }

  /// The line of a file that makes this user again.
  public var line: [UInt8] {
    var words = [Array("user".utf8), name] + flags.map { Array($0.utf8) }
    words += passwords.map { Array("#\($0.hexadecimal)".utf8) }
    words.append(root.rules)
    words += selectors.map { Array("(".utf8) + $0.rules + Array(")".utf8) }
    return Array(words.joined(separator: [UInt8(ascii: " ")]))
  }

  /// What ACL GETUSER answers.
  public var reply: Reply {
    func fields(_ selector: Selector) -> [Reply.Pair] {
      [
        .init(.text("commands"), .text(selector.commands.description)),
        .init(.text("keys"), .bulk(selector.keysText)),
        .init(.text("channels"), .bulk(selector.channelsText)),
      ]
    }
    return .map(
      [
        .init(.text("flags"), .set(flags.map { .text($0) })),
        .init(.text("passwords"), .array(passwords.map { .text($0.hexadecimal) })),
      ] + fields(root) + [.init(.text("selectors"), .array(selectors.map { .map(fields($0)) }))])
  }
}

/// A rule that was not taken.
public struct RuleFailure: Error, Hashable, Sendable {
  /// The rule as it was written. It may hold a password.
  public var rule: [UInt8]
  /// What is wrong with it.
  public var error: RuleError
  /// Whether a parenthesis is not closed.
  public var isOpen = false

  /// The error reply of ACL SETUSER. Of a rule that holds a password or its hash only the kind is shown.
  public var text: String {
    if isOpen { return "ERR Unmatched parenthesis in acl selector starting at '\(shown)'." }
    return "ERR Error in ACL SETUSER modifier '\(shown)': \(error.text)"
  }

  private var shown: String {
    let isSecret = rule.first.map { [UInt8](">#<!".utf8).contains($0) } ?? false
    return String(decoding: isSecret ? [rule[0]] + Array("(redacted)".utf8) : rule, as: UTF8.self)
  }
}
