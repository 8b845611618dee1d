import Commands
import Testing

@testable import Access

/// What ACL SETUSER makes of rules, as Redis 7.4 has it.
@Suite("The rules of a user")
struct RuleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var rules: String
    var line: String
    var testDescription: String { rules }

    init(_ rules: String, _ line: String) {
      self.rules = rules
      self.line = line
    }
  }

  static let a = "#ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
  static let b = "#3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"

  static let lines = [
    Case("", "off sanitize-payload resetchannels -@all"),
    Case("on", "on sanitize-payload resetchannels -@all"),
    Case("ON NOPASS", "on nopass sanitize-payload resetchannels -@all"),
    Case("on off", "off sanitize-payload resetchannels -@all"),
    Case("skip-sanitize-payload", "off skip-sanitize-payload resetchannels -@all"),
    Case("on >a >b >a", "on sanitize-payload \(a) \(b) resetchannels -@all"),
    Case("on >a >b <a", "on sanitize-payload \(b) resetchannels -@all"),
    Case("on \(a) \(b) !\(b.dropFirst())", "on sanitize-payload \(a) resetchannels -@all"),
    Case("nopass >a", "off sanitize-payload \(a) resetchannels -@all"),
    Case(">a nopass", "off nopass sanitize-payload resetchannels -@all"),
    Case("nopass resetpass", "off sanitize-payload resetchannels -@all"),
    Case("~*", "off sanitize-payload ~* resetchannels -@all"),
    Case("~a ~b ~a", "off sanitize-payload ~a ~b resetchannels -@all"),
    Case("%R~a %W~a", "off sanitize-payload ~a resetchannels -@all"),
    Case("%r~a %W~b %RW~c", "off sanitize-payload %R~a %W~b ~c resetchannels -@all"),
    Case("%R~*", "off sanitize-payload %R~* resetchannels -@all"),
    Case("~", "off sanitize-payload ~ resetchannels -@all"),
    Case("allkeys resetkeys ~z", "off sanitize-payload ~z resetchannels -@all"),
    Case("&*", "off sanitize-payload &* -@all"),
    Case("&a &b &a", "off sanitize-payload resetchannels &a &b -@all"),
    Case("allchannels resetchannels &c", "off sanitize-payload resetchannels &c -@all"),
    Case("+GET +get", "off sanitize-payload resetchannels -@all +get"),
    Case("+@all -get", "off sanitize-payload resetchannels +@all -get"),
    Case("+@all -get +get", "off sanitize-payload resetchannels +@all +get"),
    Case("+get +@all", "off sanitize-payload resetchannels +@all"),
    Case("+@all nocommands +get", "off sanitize-payload resetchannels -@all +get"),
    Case("+@READ +@write -@admin", "off sanitize-payload resetchannels -@all +@read +@write -@admin"),
    Case("+config|GET -CONFIG|set", "off sanitize-payload resetchannels -@all +config|get -config|set"),
    Case("+config|get +get +config", "off sanitize-payload resetchannels -@all +get +config"),
    Case("+select|0 +select|1", "off sanitize-payload resetchannels -@all +select|0 +select|1"),
    Case("(+get ~a)", "off sanitize-payload resetchannels -@all (~a resetchannels -@all +get)"),
    Case("( +get ~b &x )", "off sanitize-payload resetchannels -@all (~b resetchannels &x -@all +get)"),
    Case("(+get ~a) clearselectors", "off sanitize-payload resetchannels -@all"),
    Case("on nopass ~* &* +@all (+get) reset", "off sanitize-payload resetchannels -@all"),
  ]

  @Test("The line of a user says what its rules came to, and makes the same user again", arguments: lines)
  func line(_ example: Case) throws {
    let user = try user(example.rules)
    #expect(String(decoding: user.line, as: UTF8.self) == "user u " + example.line)
    #expect(try self.user(example.line).line == user.line)
  }

  static let errors: [(String, RuleError)] = [
    ("foo", .syntax), ("+nosuch", .unknownCommand), ("-nosuch", .unknownCommand),
    ("+@nosuch", .unknownCommand), ("+config|nosuch", .unknownCommand), ("-config|nosuch", .unknownCommand),
    ("-get|x", .unknownCommand), ("+get|", .syntax), ("+|get", .unknownCommand), ("+", .unknownCommand),
    ("+client|id|x", .wordOfSubcommand), ("<zz", .unknownPassword), ("#abc", .malformedHash),
    ("#" + String(repeating: "A", count: 64), .malformedHash), ("allkeys ~x", .superfluousKeyPattern),
    ("allchannels &x", .superfluousChannelPattern), ("%~k", .syntax), ("%X~k", .syntax), ("%RR~k", .syntax),
    ("%R", .syntax), ("(on)", .syntax), ("(+nosuch)", .unknownCommand), ("(+get", .syntax),
  ]

  @Test("A rule that means nothing is refused, and nothing is changed", arguments: errors)
  func refused(_ rules: String, _ error: RuleError) throws {
    var user = try user("on >a ~b +get")
    let before = user.line
    let failure = #expect(throws: RuleFailure.self) {
      try user.apply(([">c"] + rules.split(separator: " ")).map { Array($0.utf8) }, .standard)
    }
    #expect(failure?.error == error)
    #expect(user.line == before)
  }

  @Test("The error about a rule with a password does not hold the password", arguments: [">", "<", "#", "!"])
  func secret(_ sign: String) {
    let failure = RuleFailure(rule: Array("\(sign)hunter2".utf8), error: .syntax)
    #expect(failure.text == "ERR Error in ACL SETUSER modifier '\(sign)(redacted)': Syntax error")
  }

  private func user(_ rules: String) throws -> User {
    var user = User(name: Array("u".utf8))
    try user.apply(rules.split(separator: " ").map { Array($0.utf8) }, .standard)
    return user
  }
}
