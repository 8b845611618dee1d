import ArgumentParser
import Testing

@testable import Simulation
@testable import kvsim

struct CommandLineTests {
  private func result(_ verdict: SimulationResult.Verdict, seed: UInt64 = 1) -> SimulationResult {
    SimulationResult(
      seed: seed, verdict: verdict, traceHash: 1, simulatedNanoseconds: 2_000_000_000,
      counts: SimulationCounts())
  }

  @Test func brokenPromiseOutweighsAMissingRecovery() {
    var summary = Summary(first: 1)
    #expect(summary.exitCode == 0)
    summary.add(result(.held))
    #expect(summary.exitCode == 0)
    summary.add(result(.stuck("late"), seed: 2))
    #expect(summary.exitCode == 2)
    summary.add(result(.wrong("lost"), seed: 3))
    summary.add(result(.stuck("late"), seed: 4))
    #expect(summary.exitCode == 1)
  }

  @Test func summaryNamesTheSeedsThatRan() {
    var summary = Summary(first: 7)
    summary.add(result(.held, seed: 7))
    summary.add(result(.held, seed: 8))
    summary.wallSeconds = 0.5
    #expect(
      summary.line
        == "seeds 7..8: 2 runs, 2 held, 0 wrong, 0 stuck; 4.0 simulated seconds in 0.5 s, 8 each second")
  }

  @Test func rangeOfSeedsIncludesItsLast() throws {
    #expect(try SeedRange("3..5").range == 3...5)
    #expect(try SeedRange("5..5").range == 5...5)
  }

  @Test(arguments: ["", "5", "5..", "..5", "5...9", "9..5", "a..b", "-1..4", "1..99999999999999999999"])
  func rangeThatIsNoneIsExplained(text: String) {
    #expect(throws: ValidationError.self) { try SeedRange(text) }
  }

  @Test(
    arguments: [
      ["--seed", "1", "--seeds", "1..2"], ["--minutes", "1", "--seeds", "1..2"], ["--minutes", "0"],
      ["--minutes", "nan"], ["--json", "--verbose"], ["--seeds", "2..1"], ["--seed", "x"], ["--defect", "x"],
      ["--seed", "-3"], ["--minutes", "-1"], ["--mutant", "x"],
    ])
  func wrongUsageIsRefusedWithCode64(arguments: [String]) {
    do {
      _ = try KVSim.parse(arguments)
      Issue.record("accepted")
    } catch {
      #expect(KVSim.exitCode(for: error).rawValue == 64)
    }
  }

  @Test func aNumberBelowZeroIsNamedWithItsOption() {
    for (option, value) in [("--seed", "-3"), ("--minutes", "-1")] {
      do {
        _ = try KVSim.parse([option, value])
        Issue.record("accepted")
      } catch {
        let text = KVSim.message(for: error)
        #expect(text.contains(option) && text.contains(value), "\(text)")
      }
    }
  }

  @Test func oneRunTellsOnlyWhatHappenedInIt() {
    var counts = SimulationCounts()
    counts.faults[.crash] = 2
    #expect(describe(counts, ofOneRun: true).contains("faults: crash 2\npaths: none"))
    #expect(describe(counts, ofOneRun: false).contains("pause 0"))
  }

  @Test func lineOfJSONTellsVerdictAndHash() {
    let line = JSON.line(result(.wrong("entry \"5\" is lost"), seed: 9))
    #expect(line.contains(#""reason":"entry \"5\" is lost""#))
    #expect(line.contains(#""seed":9"#) && line.contains(#""verdict":"wrong""#))
    #expect(line.contains(#""traceHash":"0000000000000001""#) && !line.contains("\n"))
  }
}
