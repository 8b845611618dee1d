import Foundation
import Testing

@testable import Replication

/// Plays every file of `Scenarios`. `UPDATE_SCENARIOS=1` writes what came of the steps into the files instead of
/// comparing; the difference is then for a person to read.
@Suite struct ScenarioTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Scenarios")

  static var files: [String] {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return found.filter { $0.hasSuffix(".txt") }.sorted()
  }

  @Test func `there are scenarios to play`() {
    #expect(!Self.files.isEmpty)
  }

  @Test(arguments: files) func `a scenario goes as its file tells`(file: String) throws {
    let url = Self.folder.appendingPathComponent(file)
    let told = Scenario(try String(contentsOf: url, encoding: .utf8))
    let played = try told.played()
    if ProcessInfo.processInfo.environment["UPDATE_SCENARIOS"] == "1" {
      try played.text.write(to: url, atomically: true, encoding: .utf8)
      return
    }
    for (expected, actual) in zip(told.blocks, played.blocks) {
      guard case .step(let commands, let before) = expected, case .step(_, let after) = actual else {
        continue
      }
      #expect(before == after, "\(file): \(commands.joined(separator: "; "))")
    }
  }

  @Test func `a mistake in a scenario is told`() {
    for text in ["status", "cluster masters=2", "cluster masters=1 slaves=1\nfly", "cold masters=1\nrun 5"] {
      #expect(throws: ScenarioError.self) { try Scenario(text).played() }
    }
  }
}
