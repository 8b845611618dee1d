import Foundation
import Simulation

/// Lines of JSON for programs that read the results.
enum JSON {
  private struct Run: Encodable {
    var seed: UInt64
    var verdict: String
    var reason: String?
    var traceHash: String
    var simulatedSeconds: Double
    var counts: Counts
  }

  private struct Total: Encodable {
    var firstSeed: UInt64
    var lastSeed: UInt64
    var runs: Int
    var held: Int
    var wrong: Int
    var stuck: Int
    var simulatedSeconds: Double
    var wallSeconds: Double
    var counts: Counts
  }

  private struct Counts: Encodable {
    var events: Int
    var writes: Int
    var reads: Int
    var inDoubt: Int
    var faults: [String: Int]
    var paths: [String: Int]

    init(_ counts: SimulationCounts) {
      events = counts.events
      writes = counts.writes
      reads = counts.reads
      inDoubt = counts.inDoubt
      faults = Dictionary(uniqueKeysWithValues: counts.faults.all.map { ($0.kind.rawValue, $0.count) })
      paths = Dictionary(uniqueKeysWithValues: counts.paths.all.map { ($0.kind.rawValue, $0.count) })
    }
  }

  static func line(_ result: SimulationResult) -> String {
    let (verdict, reason): (String, String?) =
      switch result.verdict {
      case .held: ("held", nil)
      case .wrong(let reason): ("wrong", reason)
      case .stuck(let reason): ("stuck", reason)
      }
    return encode(
      Run(
        seed: result.seed, verdict: verdict, reason: reason, traceHash: hexadecimal(result.traceHash),
        simulatedSeconds: Double(result.simulatedNanoseconds) / 1e9, counts: Counts(result.counts)))
  }

  static func line(_ summary: Summary) -> String {
    encode(
      Total(
        firstSeed: summary.first, lastSeed: summary.last, runs: summary.runs, held: summary.held,
        wrong: summary.wrong, stuck: summary.stuck, simulatedSeconds: Double(summary.simulated) / 1e9,
        wallSeconds: summary.wallSeconds, counts: Counts(summary.counts)))
  }

  private static func encode(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("numbers and text can be encoded")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
