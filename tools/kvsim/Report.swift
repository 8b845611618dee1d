import ArgumentParser
import Simulation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension SimulationDefect: ExpressibleByArgument {}
extension SimulatedStorage: ExpressibleByArgument {}

func describe(_ verdict: SimulationResult.Verdict) -> String {
  switch verdict {
  case .held: "held"
  case .wrong(let reason): "WRONG: \(reason)"
  case .stuck(let reason): "STUCK: \(reason)"
  }
}

/// What happened how often, a line for each kind of thing. Of one run only what did happen is told; of many it also
/// matters what they have missed.
func describe(_ counts: SimulationCounts, ofOneRun: Bool) -> String {
  func line<Kind: RawRepresentable<String>>(_ tally: Tally<Kind>) -> String {
    let told = tally.all.filter { $0.count > 0 || !ofOneRun }
    return told.isEmpty ? "none" : told.map { "\($0.kind.rawValue) \($0.count)" }.joined(separator: ", ")
  }
  return """
    events \(counts.events), writes \(counts.writes), reads \(counts.reads), in doubt \(counts.inDoubt)
    faults: \(line(counts.faults))
    paths: \(line(counts.paths))
    """
}

func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}

/// Seconds with one decimal.
func seconds(_ nanoseconds: Int64) -> String {
  "\(nanoseconds / 1_000_000_000).\(nanoseconds / 100_000_000 % 10)"
}

/// Prints a line at once, so that a crash does not swallow what was said before it.
func say(_ line: String) {
  print(line)
  fflush(nil)
}
