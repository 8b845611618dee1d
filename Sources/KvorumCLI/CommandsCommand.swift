import ArgumentParser
import Commands
import Foundation

/// `kvorum commands`: what can be sent to a node.
struct CommandsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commands",
    abstract: "List the commands that a node answers, and how each is written.",
    discussion: """
      Examples:

        kvorum commands
        kvorum commands set expire
        kvorum commands --json

      A running node says the same by COMMAND DOCS.
      """)

  @Argument(help: "The commands to show; all of them if none is named.")
  var names: [String] = []

  @Flag(help: "Print them as JSON.")
  var json = false

  @Flag(help: "Print the names alone, as a table in Markdown.")
  var markdown = false

  func run() throws {
    let reference = CommandReference(.standard)
    if markdown { return Output.line(reference.markdown) }
    let wanted = names.map { $0.uppercased() }
    let unknown = wanted.filter { name in
      !reference.items.contains { $0.name == name || $0.name.hasPrefix(name + " ") }
    }
    guard unknown.isEmpty else {
      throw ValidationError("no such command: \(unknown.joined(separator: ", ")); see 'kvorum commands'")
    }
    let items = reference.items.filter { item in
      wanted.isEmpty || wanted.contains { item.name == $0 || item.name.hasPrefix($0 + " ") }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Output.write(try encoder.encode(items) + [UInt8(ascii: "\n")])
    }
    var group = ""
    for item in items {
      if item.group != group { Output.line((group.isEmpty ? "" : "\n") + item.group.uppercased()) }
      group = item.group
      Output.line("  \(item.usage)\n      \(item.summary)")
    }
  }
}
