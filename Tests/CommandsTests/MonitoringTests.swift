import Commands
import Testing

/// What a node notes of its commands, and how it is told.
@Suite struct MonitoringTests {
  @Test func `INFO gives the sections that are asked for`() {
    func text(_ sections: String) -> String {
      var info = InfoText(sections: words(sections))
      info.add("Server") { [("a", "1"), ("b", "2")] }
      info.add("Commandstats", isDefault: false) { [("c", "3")] }
      info.add("Keyspace") { [] }
      return info.text
    }
    let server = "# Server\r\na:1\r\nb:2\r\n"
    let commands = "# Commandstats\r\nc:3\r\n"
    let keyspace = "# Keyspace\r\n"
    #expect(text("") == server + "\r\n" + keyspace)
    #expect(text("default") == text(""))
    #expect(text("ALL") == server + "\r\n" + commands + "\r\n" + keyspace)
    #expect(text("everything") == text("all"))
    #expect(text("commandstats SERVER") == server + "\r\n" + commands)
    #expect(text("nothing") == "")
  }

  @Test func `a section that nobody wants is not made`() {
    var info = InfoText(sections: words("server"))
    info.add("Keyspace") {
      Issue.record("the section was made")
      return []
    }
    #expect(info.text.isEmpty)
  }

  @Test func `bytes are shown as Redis shows them`() {
    #expect(InfoText.bytes(512) == "512B")
    #expect(InfoText.bytes(1_536) == "1.50K")
    #expect(InfoText.bytes(1_100_000) == "1.05M")
    #expect(InfoText.bytes(5 << 30) == "5.00G")
  }

  private func slow(_ log: inout SlowLog, _ text: String, microseconds: Int64 = 20_000) {
    log.note(words(text), nanoseconds: microseconds * 1_000, time: 5, address: "here:1", name: [])
  }

  private func get(_ log: inout SlowLog, _ count: String = "") -> [[Reply]] {
    guard case .array(let entries) = log.reply(words("SLOWLOG GET " + count)) else { return [] }
    return entries.map { entry in
      if case .array(let fields) = entry { fields } else { [] }
    }
  }

  @Test func `the slow log gives the newest first`() {
    var log = SlowLog()
    slow(&log, "GET a")
    slow(&log, "GET b", microseconds: 30_000)
    #expect(
      get(&log, "1") == [
        [
          .integer(1), .integer(5), .integer(30_000), .array([.text("GET"), .text("b")]), .text("here:1"),
          .text(""),
        ]
      ])
    #expect(get(&log, "-1").count == 2 && get(&log, "0").isEmpty)
    #expect(log.reply(words("SLOWLOG LEN")) == .integer(2))
    #expect(
      log.reply(words("SLOWLOG GET -2")) == .error("ERR count should be greater than or equal to -1"))
    #expect(log.reply(words("SLOWLOG RESET")) == .ok)
    #expect(log.count == 0)
    slow(&log, "GET c")
    #expect(get(&log).first?.first == .integer(2), "numbers are never used twice")
  }

  @Test func `what is slow is for the threshold to say`() {
    var log = SlowLog()
    #expect(log.isSlow(nanoseconds: 10_000_000) && !log.isSlow(nanoseconds: 9_999_999))
    log.threshold = 0
    #expect(log.isSlow(nanoseconds: 0))
    log.threshold = -1
    #expect(!log.isSlow(nanoseconds: .max))
  }

  @Test func `the slow log keeps so many entries, and the beginning of long requests`() {
    var log = SlowLog()
    log.limit = 2
    for key in ["a", "b", "c"] { slow(&log, "GET \(key)") }
    #expect(get(&log).map { $0[0] } == [.integer(2), .integer(1)])
    log.limit = 1
    #expect(log.count == 1)
    slow(&log, "SET k " + String(repeating: "x", count: 130))
    #expect(
      get(&log)[0][3]
        == .array([
          .text("SET"), .text("k"), .text(String(repeating: "x", count: 128) + "... (2 more bytes)"),
        ]))
    slow(&log, "MGET" + String(repeating: " k", count: 40))
    guard case .array(let shown) = get(&log)[0][3] else { return }
    #expect(shown.count == 32 && shown.last == .text("... (10 more arguments)"))
  }

  @Test func `latency is noted when it is long, one sample a second`() {
    var monitor = LatencyMonitor()
    monitor.note("command", nanoseconds: 5_000_000_000, time: 1)
    #expect(monitor.reply(words("LATENCY LATEST"), time: 9) == .array([]))
    monitor.threshold = 10
    monitor.note("command", nanoseconds: 9_999_999, time: 1)
    monitor.note("command", nanoseconds: 30_000_000, time: 2)
    monitor.note("command", nanoseconds: 20_000_000, time: 2)
    monitor.note("command", nanoseconds: 12_000_000, time: 3)
    #expect(
      monitor.reply(words("LATENCY LATEST"), time: 9)
        == .array([.array([.text("command"), .integer(3), .integer(12), .integer(30)])]))
    #expect(
      monitor.reply(words("LATENCY HISTORY command"), time: 9)
        == .array([.array([.integer(2), .integer(30)]), .array([.integer(3), .integer(12)])]))
    #expect(monitor.reply(words("LATENCY HISTORY other"), time: 9) == .array([]))
    guard case .verbatim(let graph) = monitor.reply(words("LATENCY GRAPH command"), time: 9) else {
      Issue.record("there is no graph")
      return
    }
    let lines = String(decoding: graph, as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "command - high 30 ms, low 12 ms (all time high 30 ms)")
    #expect(lines.suffix(3) == ["|_", "76", "ss"])
    #expect(
      monitor.reply(words("LATENCY GRAPH other"), time: 9)
        == .error("ERR No samples available for event 'other'"))
    #expect(monitor.reply(words("LATENCY RESET other command command"), time: 9) == .integer(1))
    #expect(monitor.reply(words("LATENCY LATEST"), time: 9) == .array([]))
  }

  @Test func `commands are counted with their time, and those that failed apart from those refused`() throws {
    guard case .command(let get) = CommandTable.standard.resolve(words("GET k")),
      case .command(let set) = CommandTable.standard.resolve(words("CONFIG GET k"))
    else {
      Issue.record("the commands are missing")
      return
    }
    var statistics = CommandStatistics()
    statistics.note(get, nanoseconds: 1_500, error: nil)
    statistics.note(get, nanoseconds: 1_500, error: "WRONGTYPE Operation")
    statistics.note(get, nanoseconds: 1_500, error: "READONLY no")
    statistics.note(set, nanoseconds: 4_000, error: nil)
    #expect(
      statistics.fields.map { "\($0.0):\($0.1)" } == [
        "cmdstat_config|get:calls=1,usec=4,usec_per_call=4.00,rejected_calls=0,failed_calls=0",
        "cmdstat_get:calls=2,usec=3,usec_per_call=1.50,rejected_calls=1,failed_calls=1",
      ])
  }

  @Test func `errors are counted by their first word, and not without bound`() {
    var errors = ErrorStatistics()
    for text in ["ERR a", "ERR b", "READONLY c"] { errors.note(text) }
    #expect(
      errors.fields.map { "\($0.0):\($0.1)" } == ["errorstat_ERR:count=2", "errorstat_READONLY:count=1"])
    for number in 0..<1_000 { errors.note("E\(number)") }
    #expect(errors.fields.count == 128 && errors.total == 1_003)
  }

  @Test func `a rate is the average of the last readings`() {
    var meter = RateMeter()
    for second in 0..<60 { meter.note(UInt64(second) * 500, at: Int64(second) * 1_000_000_000) }
    #expect(meter.perSecond == 500)
    meter.note(29_500, at: 59_000_000_001)
    #expect(meter.perSecond == 500, "readings that are too near each other say nothing")
    for second in 60..<90 { meter.note(29_500, at: Int64(second) * 1_000_000_000) }
    #expect(meter.perSecond == 0)
  }

  @Test(arguments: [
    ("k", "embstr"), ("n", "int"), ("max", "int"), ("padded", "embstr"), ("empty", "embstr"),
  ])
  func `OBJECT ENCODING follows Redis' rules for strings`(key: String, encoding: String) throws {
    #expect(try evaluate("OBJECT ENCODING \(key)").reply == .text(encoding))
  }

  @Test func `a string of more than 44 bytes is raw`() throws {
    let view = MemoryView([
      "44": (String(repeating: "x", count: 44), nil), "45": (String(repeating: "x", count: 45), nil),
    ])
    #expect(try evaluate("OBJECT ENCODING 44", view).reply == .text("embstr"))
    #expect(try evaluate("OBJECT ENCODING 45", view).reply == .text("raw"))
  }

  @Test func `nothing is said of keys that are not there`() throws {
    for command in ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"] {
      #expect(try evaluate("OBJECT \(command) nothing").reply == .null)
      #expect(try evaluate("OBJECT \(command) gone").reply == .null)
    }
    #expect(try evaluate("MEMORY USAGE nothing").reply == .null)
  }

  @Test func `MEMORY USAGE grows with the key and the value`() throws {
    let view = MemoryView(["k": ("", nil), "key": (String(repeating: "x", count: 100), nil)])
    guard case .integer(let small) = try evaluate("MEMORY USAGE k", view).reply,
      case .integer(let large) = try evaluate("MEMORY USAGE key SAMPLES 0", view).reply
    else {
      Issue.record("it is no number")
      return
    }
    #expect(large - small == 102)
    #expect(try evaluate("MEMORY USAGE k SAMPLES x").reply == notAnInteger)
    #expect(try evaluate("MEMORY USAGE k SAMPLES -1").reply == syntaxError)
    #expect(try evaluate("MEMORY USAGE k SAMPLES").reply == syntaxError)
  }

  @Test func `COMMAND GETKEYS finds the key of a subcommand`() {
    let table = CommandTable.standard
    #expect(table.reply(toCommand: words("COMMAND GETKEYS MEMORY USAGE a")) == .array([.text("a")]))
    #expect(
      table.reply(toCommand: words("COMMAND GETKEYSANDFLAGS GET a"))
        == .array([.array([.text("a"), .set([.simple("RO"), .simple("access")])])]))
  }
}
