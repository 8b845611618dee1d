/// What was counted of each command, for INFO commandstats.
public struct CommandStatistics: Sendable {
  private struct Figures {
    var name: String
    var calls: UInt64 = 0
    var nanoseconds: UInt64 = 0
    var rejected: UInt64 = 0
    var failed: UInt64 = 0
  }

  /// The first words of errors with which a node declines a command that it has not begun.
  private static let refusals: Set<Substring> = [
    "READONLY", "NOREPLICAS", "MISCONF", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "NOAUTH", "NOPERM", "OOM",
    "EXECABORT",
  ]

  private var places: [ObjectIdentifier: Int] = [:]
  private var figures: [Figures] = []
  private var lastPlace = 0
  private var lastCommand: ObjectIdentifier?

  /// Nothing is counted yet.
  public init() {}

  /// Counts a command; `error` is its answer if that is one.
  public mutating func note(_ command: Command, nanoseconds: Int64, error: String?) {
    let place = place(of: command)
    if let error {
      if Self.refusals.contains(error.prefix { $0 != " " }) {
        figures[place].rejected += 1
        return
      }
      figures[place].failed += 1
    }
    figures[place].calls += 1
    figures[place].nanoseconds += UInt64(max(0, nanoseconds))
  }

  /// Most commands are the same as the one before.
  private mutating func place(of command: Command) -> Int {
    let id = ObjectIdentifier(command)
    if id == lastCommand { return lastPlace }
    lastCommand = id
    if let known = places[id] {
      lastPlace = known
    } else {
      lastPlace = figures.count
      places[id] = lastPlace
      figures.append(Figures(name: command.name))
    }
    return lastPlace
  }

  /// The fields of INFO.
  public var fields: [(String, String)] {
    figures.sorted { $0.name < $1.name }.map { figures in
      let microseconds = figures.nanoseconds / 1_000
      let hundredths = figures.calls == 0 ? 0 : figures.nanoseconds / 10 / figures.calls
      let rest = hundredths % 100
      return (
        "cmdstat_\(figures.name)",
        "calls=\(figures.calls),usec=\(microseconds),"
          + "usec_per_call=\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest),"
          + "rejected_calls=\(figures.rejected),failed_calls=\(figures.failed)"
      )
    }
  }
}

/// How often each kind of error was answered, for INFO errorstats.
public struct ErrorStatistics: Sendable {
  /// Beyond so many kinds nothing new is counted by itself.
  private static let limit = 128

  /// All errors together.
  public private(set) var total: UInt64 = 0
  private var counts: [String: UInt64] = [:]

  /// Nothing is counted yet.
  public init() {}

  /// Counts an error by its first word.
  public mutating func note(_ text: String) {
    total += 1
    let kind = String(text.prefix { $0 != " " })
    guard counts[kind] != nil || counts.count < Self.limit else { return }
    counts[kind, default: 0] += 1
  }

  /// The fields of INFO.
  public var fields: [(String, String)] {
    counts.sorted { $0.key < $1.key }.map { ("errorstat_\($0.key)", "count=\($0.value)") }
  }
}
