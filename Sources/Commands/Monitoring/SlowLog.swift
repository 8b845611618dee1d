/// The commands whose evaluation took long, newest last.
///
/// The time is that of the evaluation alone, as in Redis: a write's wait for its quorum is not in it.
public struct SlowLog: Sendable {
  private struct Entry {
    var id: Int64
    var time: Int64
    var microseconds: Int64
    var arguments: [[UInt8]]
    var address: String
    var name: [UInt8]
  }

  private static let argumentLimit = 32
  private static let bytesLimit = 128

  /// Commands that took at least so many microseconds are noted; all with 0, none with a negative number.
  public var threshold: Int64 = 10_000
  /// How many entries are kept.
  public var limit = 128 {
    didSet { shorten() }
  }
  private var entries: [Entry] = []
  private var nextID: Int64 = 0

  /// A log without entries.
  public init() {}

  /// How many entries there are.
  public var count: Int { entries.count }

  /// Whether a command that took so many nanoseconds belongs in the log.
  public func isSlow(nanoseconds: Int64) -> Bool { threshold >= 0 && nanoseconds / 1_000 >= threshold }

  /// Notes a command.
  ///
  /// - Parameters:
  ///   - time: In seconds of Unix time.
  ///   - arguments: The request, without what is secret in it (`Command.redacted`).
  ///   - address: Where the client is.
  ///   - name: What the client calls itself.
  public mutating func note(
    _ arguments: [[UInt8]], nanoseconds: Int64, time: Int64, address: String, name: [UInt8]
  ) {
    let entry = Entry(
      id: nextID, time: time, microseconds: nanoseconds / 1_000,
      arguments: Self.shortened(arguments), address: address, name: name)
    nextID += 1
    entries.append(entry)
    shorten()
  }

  private mutating func shorten() {
    if entries.count > limit { entries.removeFirst(entries.count - limit) }
  }

  /// A request may be of any size, so only its beginning is kept.
  private static func shortened(_ arguments: [[UInt8]]) -> [[UInt8]] {
    let isLong = arguments.count > argumentLimit
    var kept = arguments.prefix(isLong ? argumentLimit - 1 : argumentLimit).map { argument -> [UInt8] in
      guard argument.count > bytesLimit else { return argument }
      return Array(argument.prefix(bytesLimit))
        + Array("... (\(argument.count - bytesLimit) more bytes)".utf8)
    }
    if isLong { kept.append(Array("... (\(arguments.count - argumentLimit + 1) more arguments)".utf8)) }
    return kept
  }

  /// The answer to SLOWLOG and its subcommands, but HELP.
  public mutating func reply(_ arguments: [[UInt8]]) -> Reply {
    let subcommand = arguments[1]
    if subcommand.isWord("len") { return .integer(Int64(entries.count)) }
    if subcommand.isWord("reset") {
      entries = []
      return .ok
    }
    guard arguments.count <= 3 else {
      return .error(CommandError.wrongSubcommand(subcommand.lossyText, of: "SLOWLOG").text)
    }
    var wanted = 10
    if arguments.count > 2 {
      guard let count = arguments[2].parsedInteger, count >= -1 else {
        return .error("ERR count should be greater than or equal to -1")
      }
      wanted = count == -1 ? entries.count : Int(clamping: count)
    }
    return .array(
      entries.reversed().prefix(wanted).map { entry in
        .array([
          .integer(entry.id), .integer(entry.time), .integer(entry.microseconds),
          .array(entry.arguments.map { .bulk($0) }), .text(entry.address), .bulk(entry.name),
        ])
      })
  }
}
