import Foundation
import Testing

/// Directories of nodes as they were found, each named for what had happened to it.
///
/// `says.txt` is what `kvlog verify` must say, with LOG and REPLICA for the paths of the two files. All but `sound`,
/// `trimmed` and `format-1` are damaged.
@Suite struct FixtureTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

  private static var cases: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }
      .sorted()
  }

  @Test func theFixturesAreThere() { #expect(Self.cases.count >= 18) }

  @Test(arguments: cases) func aDirectoryIsJudgedAsItsNameSays(name: String) throws {
    let home = NSTemporaryDirectory() + "kvlog-fixture-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: home) }
    let directory = home + "/" + name
    try FileManager.default.copyItem(atPath: Self.folder + "/" + name, toPath: directory)
    let expected = try String(contentsOfFile: directory + "/says.txt", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
      .replacingOccurrences(of: "LOG", with: directory + "/log.db")
      .replacingOccurrences(of: "REPLICA", with: directory + "/replica.db")
    let run = try KVLog.run(["verify", directory], in: home)
    #expect(run.code == (expected == "ok" ? 0 : 1), "\(run.output)\(run.errors)")
    #expect(run.output.contains(expected), "\(run.output)\(run.errors)")
    // Whatever it is, it is looked at without a trap, and what can be read is printed.
    for command in [["inspect"], ["dump", "--uncommitted"], ["history"]] {
      let key = command == ["history"] ? ["user:1"] : []
      let look = try KVLog.run(command + [directory] + key, in: home)
      #expect([0, 1, 2].contains(look.code), "\(command) ended with \(look.code): \(look.errors)")
    }
  }
}
