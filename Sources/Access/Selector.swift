import Commands

/// Commands with the keys and channels on which they may be run. A user has one of these, and may have more.
struct Selector: Sendable {
  private(set) var allowsAllKeys = false
  private(set) var keys: [KeyPattern] = []
  private(set) var allowsAllChannels = false
  private(set) var channels: [[UInt8]] = []
  private(set) var commands = CommandRules()

  /// Whether there is nothing that it forbids.
  var isUnrestricted: Bool { allowsAllKeys && allowsAllChannels && commands.allowsEverything }

  /// Takes one rule about commands, keys or channels.
  mutating func apply(_ rule: [UInt8], _ table: CommandTable) throws(RuleError) {
    switch String(decoding: rule, as: UTF8.self).lowercased() {
    case "allkeys", "~*":
      allowsAllKeys = true
      keys = []
    case "resetkeys":
      allowsAllKeys = false
      keys = []
    case "allchannels", "&*":
      allowsAllChannels = true
      channels = []
    case "resetchannels":
      allowsAllChannels = false
      channels = []
    case "allcommands", "+@all": commands.allowAll()
    case "nocommands", "-@all": commands.denyAll()
    default: try applyPattern(rule, table)
    }
  }

  private mutating func applyPattern(_ rule: [UInt8], _ table: CommandTable) throws(RuleError) {
    switch rule.first {
    case UInt8(ascii: "~"), UInt8(ascii: "%"):
      let pattern = try KeyPattern(rule: rule)
      guard !allowsAllKeys else { throw .superfluousKeyPattern }
      if let known = keys.firstIndex(where: { $0.text == pattern.text }) {
        keys[known].mayRead = keys[known].mayRead || pattern.mayRead
        keys[known].mayWrite = keys[known].mayWrite || pattern.mayWrite
      } else {
        keys.append(pattern)
      }
    case UInt8(ascii: "&"):
      let pattern = Array(rule.dropFirst())
      guard !allowsAllChannels else { throw .superfluousChannelPattern }
      guard !pattern.contains(where: \.isBlank) else { throw .syntax }
      if !channels.contains(pattern) { channels.append(pattern) }
    case UInt8(ascii: "+"): try commands.apply(Array(rule.dropFirst()), allows: true, table)
    case UInt8(ascii: "-"): try commands.apply(Array(rule.dropFirst()), allows: false, table)
    default: throw .syntax
    }
  }

  /// What it forbids of a command with its arguments, the name first; nil if nothing.
  func denial(of command: Command, _ arguments: [[UInt8]]) -> Denial? {
    guard commands.allow(command, arguments) else { return .command }
    if !allowsAllKeys {
      for access in command.keyAccesses(in: arguments) where !keys.contains(where: { $0.allows(access) }) {
        return .key(access.key)
      }
    }
    if !allowsAllChannels {
      for access in command.channelAccesses(in: arguments) where !allows(access) {
        return .channel(access.channel)
      }
    }
    return nil
  }

  /// Whether one may listen to a channel, or to all that a pattern describes.
  func allowsListening(to name: [UInt8], isPattern: Bool) -> Bool {
    allowsAllChannels || allows(ChannelAccess(channel: name, isPattern: isPattern))
  }

  private func allows(_ access: ChannelAccess) -> Bool {
    // A pattern within another cannot be told from one that reaches beyond it, so it has to be the same.
    channels.contains { access.isPattern ? $0 == access.channel : GlobPattern($0).matches(access.channel) }
  }

  // MARK: Descriptions

  /// The patterns of keys as rules, with blanks between them.
  var keysText: [UInt8] {
    allowsAllKeys ? Array("~*".utf8) : Array(keys.map(\.description).joined(separator: [UInt8(ascii: " ")]))
  }

  /// The patterns of channels as rules.
  var channelsText: [UInt8] {
    let rules = channels.map { [UInt8(ascii: "&")] + $0 }
    return allowsAllChannels ? Array("&*".utf8) : Array(rules.joined(separator: [UInt8(ascii: " ")]))
  }

  /// The rules that make it again.
  var rules: [UInt8] {
    let channels = allowsAllChannels ? channelsText : Array("resetchannels ".utf8) + channelsText
    let parts = [keysText, channels.trimmed, Array(commands.description.utf8)]
    return Array(parts.filter { !$0.isEmpty }.joined(separator: [UInt8(ascii: " ")]))
  }
}

extension [UInt8] {
  /// Without a blank at the end.
  fileprivate var trimmed: [UInt8] { last == UInt8(ascii: " ") ? Array(dropLast()) : self }
}
