import Foundation
import Processes
import Testing

@testable import kvbench

/// Runs the command as a process, on real nodes.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ChaosCommandTests {
  /// Runs `kvbench` to its end, and gives its exit code and what it printed.
  private func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> (
    Int32, String
  ) {
    // The test runner may be a program of the toolchain; the bundle lies where the products lie.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? KvorumBinary.ownPath.path
    let program = URL(fileURLWithPath: bundle).deletingLastPathComponent().path + "/kvbench"
    let output = NSTemporaryDirectory() + "kvbench-test-\(UUID().uuidString)"
    let descriptor = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer {
      close(descriptor)
      close(null)
      unlink(output)
    }
    let child = try ChildProcess(
      [program] + arguments, streams: .descriptors(input: null, output: descriptor, errors: descriptor),
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
    let exit = await child.exit(within: .seconds(120))
    if exit == nil {
      child.signal(SIGTERM)
      if await child.exit(within: .seconds(60)) == nil { child.destroy() }
    }
    guard case .code(let code)? = exit else {
      throw BenchError("kvbench: \(exit.map(\.description) ?? "no end")")
    }
    return (code, try String(contentsOfFile: output, encoding: .utf8))
  }

  @Test func aClusterKeepsItsPromisesThroughKillsAndStops() async throws {
    let (code, text) = try await run(
      "chaos", "--minutes", "0.4", "--seed", "11", "--faults", "kill,stop", "--no-namespaces", "--json")
    try #require(code == 0, "\(text)")
    let json = try #require(text.firstIndex(of: "{"))
    let report = try JSONDecoder().decode(ChaosReport.self, from: Data(text[json...].utf8))
    #expect(report.violationCount == 0 && report.commonIndex > 500 && report.keys > 10)
    #expect(report.faults["kill", default: 0] > 0 && report.faults["stop", default: 0] > 0)
    #expect(report.seconds < 60 && report.folder == nil)
    #expect(
      ["register", "increment", "append", "transfer"].allSatisfy { report.operations[$0]!.acknowledged > 50 })
  }

  @Test func aNodeWhoseDiskIsFilledAtOneStrokeGoesOnAndRecovers() async throws {
    // Where no namespaces may be made this is skipped by the command itself, with code 2.
    let folder = NSTemporaryDirectory() + "kvbench-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (code, text) = try await run(
      "chaos", "--minutes", "0.3", "--seed", "2", "--faults", "disk-full", "--dir", folder)
    let isPermitted = !text.contains("none of the chosen faults is permitted here")
    #expect(code == (isPermitted ? 0 : 2), "\(text)")
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test func faultsThatAreNotPermittedAreNamed() async throws {
    let (code, text) = try await run(
      "chaos", "--minutes", "0.02", "--faults", "kill,partition,disk-full", "--no-namespaces")
    #expect(code == 0, "\(text)")
    #expect(text.contains("skipped: partition") && text.contains("skipped: disk-full"))
    let (nothing, words) = try await run("chaos", "--faults", "partition", "--no-namespaces")
    #expect(nothing == 2 && words.contains("none of the chosen faults is permitted here"))
  }

  @Test func aMissingProgramIsNamed() async throws {
    let (code, text) = try await run("chaos", "--kvorum", "/nowhere/kvorum")
    #expect(code == 2)
    #expect(text.contains("/nowhere/kvorum"))
  }
}
