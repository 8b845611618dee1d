import Commands
import Foundation
import Testing

/// The README says of the commands what their declarations say.
@Suite struct CommandReferenceTests {
  private let reference = CommandReference(.standard)

  @Test func `the README's table is the one that the declarations make`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    #expect(
      readme.contains(reference.markdown), "replace the table by what 'kvorum commands --markdown' prints")
  }

  @Test func `every command says how it is written and what it does`() {
    for item in reference.items {
      #expect(item.usage.hasPrefix(item.name))
      #expect(!item.summary.isEmpty && !item.summary.contains("\n"), "\(item.name)")
    }
    #expect(reference.items.contains { $0.usage == "GETRANGE <key> <start> <end>" })
    #expect(reference.items.contains { $0.name == "CLIENT SETNAME" })
  }
}
