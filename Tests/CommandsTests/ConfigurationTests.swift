import Commands
import Testing

/// CONFIG SET, without a node.
@Suite struct ConfigurationTests {
  private static let parameters: [ConfigurationParameter] = [
    .init("timeout", "0", .number(0...100)), .init("memory", "0", .bytes(1_024...Int64.max)),
    .init("client-output-buffer-limit", "", .outputLimits), .init("appendonly", "yes"),
  ]

  private func set(_ arguments: String...) -> Result<[ConfigurationParameter.Change], CommandError> {
    let request = ["CONFIG", "SET"] + arguments
    do {
      return .success(
        try ConfigurationParameter.changes(request.map { Array($0.utf8) }, of: Self.parameters))
    } catch {
      return .failure(error)
    }
  }

  private func failed(_ name: String, _ reason: String) -> CommandError {
    CommandError("ERR CONFIG SET failed (possibly related to argument '\(name)') - \(reason)")
  }

  @Test func `several parameters are read at once`() {
    #expect(
      set("TIMEOUT", "7", "memory", "2kb")
        == .success([.init(name: "timeout", value: .number(7)), .init(name: "memory", value: .number(2_048))])
    )
  }

  @Test func `one that is refused refuses all`() {
    #expect(
      set("timeout", "7", "x", "1")
        == .failure(CommandError("ERR Unknown option or number of arguments for CONFIG SET - 'x'")))
    #expect(
      set("timeout", "7", "memory", "1kib") == .failure(failed("memory", "argument must be a memory value")))
    #expect(set("timeout", "7", "memory") == .failure(CommandError("ERR syntax error")))
    #expect(set("timeout", "7", "timeout", "8") == .failure(failed("timeout", "duplicate parameter")))
  }

  @Test func `a number must be one, and within its bounds`() {
    #expect(
      set("timeout", "x")
        == .failure(failed("timeout", "argument couldn't be parsed into an integer")))
    #expect(
      set("timeout", "101")
        == .failure(failed("timeout", "argument must be between 0 and 100 inclusive")))
  }

  @Test func `what is chosen at the start may only be set to what it is`() {
    #expect(set("appendonly", "YES") == .success([]))
    #expect(set("appendonly", "no") == .failure(failed("appendonly", "can't set immutable config")))
  }

  @Test func `limits of output are read class by class`() {
    #expect(
      set("client-output-buffer-limit", "normal 1mb 512k 10 replica 0 0 0")
        == .success([
          .init(
            name: "client-output-buffer-limit",
            value: .outputLimits([
              OutputLimit(.normal, hardBytes: 1 << 20, softBytes: 512_000, softSeconds: 10),
              OutputLimit(.slave, hardBytes: 0, softBytes: 0, softSeconds: 0),
            ]))
        ]))
    for (text, reason) in [
      ("normal 1 2", "Wrong number of arguments in buffer limit configuration."),
      ("other 1 2 3", "Invalid client class specified in buffer limit configuration."),
      ("normal x 2 3", "Error in hard, soft or soft_seconds setting in buffer limit configuration."),
    ] {
      let name = "client-output-buffer-limit"
      #expect(set(name, text) == .failure(failed(name, reason)))
    }
  }

  @Test func `a limit of output holds at once, or after a time that may be longer than any`() {
    let limit = OutputLimit(.normal, hardBytes: 100, softBytes: 10, softSeconds: 5)
    #expect(
      limit.isExceeded(by: 101, secondsOverSoft: nil) && !limit.isExceeded(by: 100, secondsOverSoft: nil))
    #expect(limit.isSoftlyExceeded(by: 11) && !limit.isSoftlyExceeded(by: 10))
    #expect(limit.isExceeded(by: 11, secondsOverSoft: 5) && !limit.isExceeded(by: 11, secondsOverSoft: 4))
    let patient = OutputLimit(.normal, hardBytes: 0, softBytes: 1, softSeconds: .max)
    #expect(!patient.isExceeded(by: .max, secondsOverSoft: 1_000_000))
    #expect(!OutputLimit(.normal, hardBytes: 0, softBytes: 0, softSeconds: 0).isSoftlyExceeded(by: .max))
  }
}
