import ArgumentParser
import Foundation
import Replication
import Simulation

extension Mutant: ExpressibleByArgument {
  /// There are too many for the help.
  public static var allValueStrings: [String] { [] }
}

/// One row of the table of mutants.
private struct MutantRow: Encodable {
  var mutant: String
  /// The rule of the design, section 4.
  var rule: Int
  var isProven: Bool?
  var seeds: UInt64?
  var bound: Int?
  var foundBy: String?
  var unharmed: String?

  var line: String {
    let needed = seeds.map { "\($0) of \(bound ?? 0)" } ?? bound.map { "- of \($0)" } ?? ""
    let mark = isProven == false ? "MISSED " : ""
    let end = unharmed.map { "WITHOUT THE MUTANT: \($0)" } ?? foundBy ?? "nobody"
    return Self.pad(mutant, 34) + Self.pad("4.\(rule)", 6) + Self.pad(needed, 11) + mark + Self.firstLine(end)
  }

  static let head = pad("mutant", 34) + pad("rule", 6) + pad("seeds", 11) + "found by"

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func firstLine(_ text: String) -> String {
    String(text.prefix { $0 != "\n" }.prefix(150))
  }
}

extension KVSim {
  /// Mutants are asked for where there are none.
  static let needsMutants = """
    this simulator has no mutants in it; build one that has:
      swift build -c release -Xswiftc -DMUTANTS --scratch-path .build/mutants --product kvsim
      .build/mutants/release/kvsim --mutants
    """

  /// Breaks each rule in turn and prints what found it; exit code 1 if one was not found within its bound, or if the
  /// code as it is did not hold under the same seeds.
  func runMutants() throws {
    if !json { say(MutantRow.head) }
    var missed: [String] = []
    for mutant in Mutant.allCases {
      let row = row(of: mutant)
      if row.isProven == false { missed.append(row.mutant) }
      try say(json ? encoded(row) : row.line)
    }
    if !json {
      let simulated = Mutant.allCases.count { if case .simulator = $0.proof { true } else { false } }
      let sum = missed.isEmpty ? "all found" : "not proven: \(missed.joined(separator: ", "))"
      say("\(Mutant.allCases.count) mutants, \(simulated) of them for the simulator; \(sum)")
    }
    if !missed.isEmpty { throw ExitCode(1) }
  }

  private func row(of mutant: Mutant) -> MutantRow {
    switch mutant.proof {
    case .tests(let suite):
      return MutantRow(mutant: mutant.rawValue, rule: mutant.rule, foundBy: "\(suite), run by swift test")
    case .simulator(let bound):
      let trial = MutantTrial(mutant, seeds: bound) { seed, isPlanted in
        CrashReport.name(
          seed: seed, arguments: " --mutant \(mutant.rawValue)\(isPlanted ? "" : " --unharmed")")
      }
      return MutantRow(
        mutant: mutant.rawValue, rule: mutant.rule, isProven: trial.isProven, seeds: trial.foundAt,
        bound: bound,
        foundBy: trial.sentence, unharmed: trial.unharmed)
    }
  }

  private func encoded(_ row: MutantRow) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(row), as: UTF8.self)
  }
}
