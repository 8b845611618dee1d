import Replication

/// The commands for people: what `kvorum commands` prints, and the table of the README.
public struct CommandReference: Sendable {
  /// One command.
  public struct Item: Hashable, Sendable, Encodable {
    /// Its name in capitals, with that of its container.
    public var name: String
    /// How it is written, its name included.
    public var usage: String
    /// One sentence.
    public var summary: String
    /// What it is about.
    public var group: String
    /// How its time grows.
    public var complexity: String
  }

  /// The commands, group by group.
  public let items: [Item]

  /// All commands of a table, with their subcommands.
  public init(_ table: CommandTable) {
    let all = table.commands.flatMap { command in
      command.subcommands.isEmpty ? [command] : command.subcommands.filter { !$0.name.hasSuffix("|help") }
    }
    items = all.map { command in
      let name = command.name.uppercased().split(separator: "|").joined(separator: " ")
      let usage = command.documentation.arguments.map { " " + $0.usage }.joined()
      return Item(
        name: name, usage: name + usage, summary: command.documentation.summary,
        group: command.name.hasPrefix("kv.") ? "kvorum" : command.documentation.group.rawValue,
        complexity: command.documentation.complexity)
    }
  }

  /// The groups in the order in which they come first.
  public var groups: [String] {
    var seen: Set<String> = []
    return items.map(\.group).filter { seen.insert($0).inserted }
  }

  /// A table with a row for each group, in Markdown.
  public var markdown: String {
    let rows = groups.map { group in
      let names = items.filter { $0.group == group }.map(\.name)
      return "| \(group) | \(Self.joined(names)) |"
    }
    return (["| | |", "|---|---|"] + rows).joined(separator: "\n")
  }

  /// `CLIENT ID`, `CLIENT KILL` as `CLIENT (ID KILL)`.
  private static func joined(_ names: [String]) -> String {
    var texts: [String] = []
    var container: (name: String, words: [String])?
    func close() {
      if let open = container { texts.append("\(open.name) (\(open.words.joined(separator: " ")))") }
      container = nil
    }
    for name in names {
      let words = name.split(separator: " ", maxSplits: 1).map(String.init)
      guard words.count == 2 else {
        close()
        texts.append(name)
        continue
      }
      if container?.name != words[0] {
        close()
        container = (words[0], [])
      }
      container?.words.append(words[1])
    }
    close()
    return texts.joined(separator: " ")
  }
}
