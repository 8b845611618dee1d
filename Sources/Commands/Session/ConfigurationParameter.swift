/// A parameter of CONFIG GET, and what CONFIG SET may do with it.
public struct ConfigurationParameter: Sendable {
  /// What may become of it at run time.
  public enum Rule: Sendable {
    /// It is chosen when the node starts; to set it to what it is does no harm.
    case fixed
    /// A whole number.
    case number(ClosedRange<Int64>)
    /// A number of bytes, which may have a unit, such as `64mb`.
    case bytes(ClosedRange<Int64>)
    /// Limits of the output of clients, in the words of Redis.
    case outputLimits
    /// Letters for events of keys.
    case keyEvents
  }

  /// A value that CONFIG SET was given, once it is found to be allowed.
  public enum Value: Hashable, Sendable {
    /// A number, or a number of bytes.
    case number(Int64)
    /// The limits of some kinds of clients.
    case outputLimits([OutputLimit])
    /// Events of keys.
    case keyEvents(KeyEventFlags)
  }

  /// A change that CONFIG SET asks for.
  public struct Change: Hashable, Sendable {
    /// The parameter.
    public var name: String
    /// Its new value.
    public var value: Value

    /// Makes a change.
    public init(name: String, value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// In lower case.
  public var name: String
  /// As CONFIG GET shows it.
  public var value: String
  /// What may become of it.
  public var rule: Rule

  /// A parameter and its present value.
  public init(_ name: String, _ value: String, _ rule: Rule = .fixed) {
    self.name = name
    self.value = value
    self.rule = rule
  }

  /// What CONFIG SET asks for: all of it is allowed, or an error is thrown and nothing is to change.
  ///
  /// The first two of `arguments` are the command's name.
  public static func changes(
    _ arguments: [[UInt8]], of parameters: [ConfigurationParameter]
  ) throws(CommandError) -> [Change] {
    guard arguments.count % 2 == 0 else { throw .syntax }
    var found: [(parameter: ConfigurationParameter, value: String)] = []
    for position in stride(from: 2, to: arguments.count, by: 2) {
      let name = arguments[position].lossyText
      guard let parameter = parameters.first(where: { $0.name == name.lowercased() }) else {
        throw CommandError("ERR Unknown option or number of arguments for CONFIG SET - '\(name.prefix(128))'")
      }
      guard !found.contains(where: { $0.parameter.name == parameter.name }) else {
        throw parameter.failure("duplicate parameter")
      }
      found.append((parameter, arguments[position + 1].lossyText))
    }
    var changes: [Change] = []
    for (parameter, text) in found {
      guard let value = try parameter.parsed(text) else { continue }
      changes.append(Change(name: parameter.name, value: value))
    }
    return changes
  }

  /// The value in the text, or nil if nothing is to change.
  private func parsed(_ text: String) throws(CommandError) -> Value? {
    switch rule {
    case .fixed:
      guard text.lowercased() == value.lowercased() else { throw failure("can't set immutable config") }
      return nil
    case .number(let range):
      guard let number = Array(text.utf8).parsedInteger else {
        throw failure("argument couldn't be parsed into an integer")
      }
      return .number(try checked(number, range))
    case .bytes(let range):
      guard let number = ByteAmount.bytes(text) else { throw failure("argument must be a memory value") }
      return .number(try checked(number, range))
    case .keyEvents:
      guard let flags = KeyEventFlags(letters: text) else {
        throw failure("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
      }
      return .keyEvents(flags)
    case .outputLimits:
      do {
        return .outputLimits(try OutputLimit.parse(text))
      } catch {
        throw failure(error.text)
      }
    }
  }

  private func checked(_ number: Int64, _ range: ClosedRange<Int64>) throws(CommandError) -> Int64 {
    guard range.contains(number) else {
      throw failure("argument must be between \(range.lowerBound) and \(range.upperBound) inclusive")
    }
    return number
  }

  private func failure(_ reason: String) -> CommandError {
    CommandError("ERR CONFIG SET failed (possibly related to argument '\(name)') - \(reason)")
  }
}

/// A number of bytes as Redis writes one.
enum ByteAmount {
  private static let units: [(String, Int64)] = [
    ("kb", 1 << 10), ("mb", 1 << 20), ("gb", 1 << 30), ("k", 1_000), ("m", 1_000_000), ("g", 1_000_000_000),
    ("b", 1),
  ]

  /// The number of bytes, or nil if the text is none.
  static func bytes(_ text: String) -> Int64? {
    let text = text.lowercased()
    let unit = units.first { text.hasSuffix($0.0) }
    let digits = Array(text.utf8.dropLast(unit?.0.utf8.count ?? 0))
    guard let number = digits.parsedInteger, number >= 0 else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit?.1 ?? 1)
    return overflow ? nil : bytes
  }

  /// The number for people, such as `1.50M`.
  static func text(_ bytes: Int64) -> String {
    var value = Double(bytes)
    for unit in ["B", "K", "M", "G", "T"] {
      if value < 1024 || unit == "T" {
        guard unit != "B" else { return "\(bytes)B" }
        let hundredths = Int64((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)\(unit)"
      }
      value /= 1024
    }
    return "\(bytes)B"
  }
}
