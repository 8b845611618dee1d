import Commands

/// Which commands may be run.
struct CommandRules: Sendable {
  /// Whether commands that a later release brings are allowed too.
  private var allowsOthers = false
  /// The names of the allowed ones, subcommands among them.
  private var allowed: Set<String> = []
  /// Commands that may be run with certain first arguments alone.
  private var firstArguments: [String: Set<[UInt8]>] = [:]
  /// The rules after the last that spoke of all commands, none twice.
  private var rules: [(allows: Bool, text: String)] = []

  /// Whether there is no command that may not be run.
  var allowsEverything: Bool { allowsOthers && rules.isEmpty }

  mutating func allowAll() {
    self = CommandRules()
    allowsOthers = true
  }

  mutating func denyAll() { self = CommandRules() }

  /// Takes `get`, `config|get`, `select|0` or `@read`.
  mutating func apply(_ rule: [UInt8], allows: Bool, _ table: CommandTable) throws(RuleError) {
    // "All" is only settled here, since until then it needs no list.
    if allowsEverything { allowed = Set(table.commands.flatMap { [$0] + $0.subcommands }.map(\.name)) }
    let text = String(decoding: rule, as: UTF8.self).lowercased()
    if text.hasPrefix("@") {
      let category = table.commands.flatMap { [$0] + $0.subcommands }.filter { $0.categories.contains(text) }
      guard Command.allCategories.contains(text) else { throw .unknownCommand }
      for command in category { set(command, allows) }
      // A container stands for its subcommands.
      for command in category { for subcommand in command.subcommands { set(subcommand, allows) } }
    } else {
      try applyName(text, rule, allows, table)
    }
    note(text, allows)
  }

  private mutating func applyName(
    _ text: String, _ rule: [UInt8], _ allows: Bool, _ table: CommandTable
  ) throws(RuleError) {
    let words = rule.split(separator: UInt8(ascii: "|"), maxSplits: 1, omittingEmptySubsequences: false)
    guard let command = words.first.flatMap({ table.command(named: Array($0)) }) else {
      throw .unknownCommand
    }
    guard words.count == 2 else {
      for one in [command] + command.subcommands { set(one, allows) }
      return
    }
    if command.subcommands.isEmpty {
      guard allows else { throw .unknownCommand }
      guard !words[1].isEmpty else { throw .syntax }
      firstArguments[command.name, default: []].insert(words[1].map(\.smallLetter))
      return
    }
    guard let subcommand = command.subcommands.first(where: { $0.name == text }) else {
      throw words[1].contains(UInt8(ascii: "|")) ? .wordOfSubcommand : .unknownCommand
    }
    set(subcommand, allows)
  }

  private mutating func set(_ command: Command, _ allows: Bool) {
    firstArguments[command.name] = nil
    if allows { allowed.insert(command.name) } else { allowed.remove(command.name) }
  }

  private mutating func note(_ text: String, _ allows: Bool) {
    rules.removeAll { $0.text == text || $0.text.hasPrefix(text + "|") }
    rules.append((allows, text))
  }

  /// Whether a command may be run with these arguments, the name first. Those by which one logs in always may.
  func allow(_ command: Command, _ arguments: [[UInt8]]) -> Bool {
    if allowsEverything || command.flags.contains(.noAuth) || allowed.contains(command.name) { return true }
    guard arguments.count > 1, let words = firstArguments[command.name] else { return false }
    return words.contains(arguments[1].map(\.smallLetter))
  }

  /// The rules that make it again, such as `-@all +get`.
  var description: String {
    ([allowsOthers ? "+@all" : "-@all"] + rules.map { ($0.allows ? "+" : "-") + $0.text })
      .joined(separator: " ")
  }
}

extension UInt8 {
  /// The small letter for a capital one of ASCII.
  var smallLetter: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}
