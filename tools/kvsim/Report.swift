import ArgumentParser
import Simulation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Seeds as a person writes them: FIRST..LAST.
struct SeedRange: ExpressibleByArgument {
  let range: ClosedRange<UInt64>

  init?(argument: String) {
    let parts = argument.split(separator: ".", omittingEmptySubsequences: true)
    guard argument.contains(".."), parts.count == 2, let first = UInt64(parts[0]),
      let last = UInt64(parts[1]),
      first <= last
    else { return nil }
    range = first...last
  }
}

extension SimulationDefect: ExpressibleByArgument {}

func describe(_ verdict: SimulationResult.Verdict) -> String {
  switch verdict {
  case .held: "held"
  case .wrong(let reason): "WRONG: \(reason)"
  case .stuck(let reason): "STUCK: \(reason)"
  }
}

func describe(_ counts: SimulationCounts) -> String {
  "events \(counts.events), writes \(counts.writes), reads \(counts.reads), in doubt \(counts.inDoubt), "
    + "reigns \(counts.reigns), handovers \(counts.handovers), crashes \(counts.crashes), "
    + "pauses \(counts.pauses), partitions \(counts.partitions), disks lost \(counts.diskLosses), "
    + "configurations \(counts.configurations), truncations \(counts.truncations)"
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
