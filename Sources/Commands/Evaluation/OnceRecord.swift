/// What is kept of a command that `KV.ONCE` has done: the answer, in RESP3, after a line that says to what.
struct OnceRecord {
  var fingerprint: UInt64
  var reply: Reply

  init(fingerprint: UInt64, reply: Reply) {
    self.fingerprint = fingerprint
    self.reply = reply
  }

  /// Reads a record; nil if the bytes are none.
  init?(_ bytes: [UInt8]) {
    var reader = Reader(rest: bytes[...])
    guard let line = reader.line(), let fingerprint = UInt64(line, radix: 16), let reply = reader.reply(),
      reader.rest.isEmpty
    else { return nil }
    self.init(fingerprint: fingerprint, reply: reply)
  }

  var bytes: [UInt8] {
    var bytes = Array("\(String(fingerprint, radix: 16))\r\n".utf8)
    Self.append(reply, to: &bytes)
    return bytes
  }

  private static func append(_ reply: Reply, to bytes: inout [UInt8]) {
    func line(_ text: String) { bytes += Array("\(text)\r\n".utf8) }
    func blob(_ mark: String, _ blob: [UInt8]) {
      line("\(mark)\(blob.count)")
      bytes += blob
      line("")
    }
    func aggregate(_ mark: String, _ replies: [Reply]) {
      line("\(mark)\(replies.count)")
      for reply in replies { append(reply, to: &bytes) }
    }
    switch reply {
    case .simple(let text): line("+\(text)")
    case .error(let text): line("-\(text)")
    case .integer(let value): line(":\(value)")
    case .bulk(let value): blob("$", value)
    case .verbatim(let value): blob("=", value)
    case .null: line("_")
    case .nullArray: line("*-1")
    case .array(let replies): aggregate("*", replies)
    case .push(let replies): aggregate(">", replies)
    case .set(let replies): aggregate("~", replies)
    case .map(let pairs): aggregate("%", pairs.flatMap { [$0.key, $0.value] })
    case .pairList(let pairs): aggregate("&", pairs.flatMap { [$0.key, $0.value] })
    case .double(let value): line(",\(value)")
    case .boolean(let value): line(value ? "#t" : "#f")
    }
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>
    /// Whoever may write keys may write a record that nests as deep as the stack.
    private var depth = 0

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    mutating func line() -> String? {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\r")) else { return nil }
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[end...].dropFirst(2)
      return line
    }

    mutating func reply() -> Reply? {
      guard let line = line(), let mark = line.first else { return nil }
      let text = String(line.dropFirst())
      switch mark {
      case "+": return .simple(text)
      case "-": return .error(text)
      case ":": return Int64(text).map { .integer($0) }
      case ",": return Double(text).map { .double($0) }
      case "#": return .boolean(text == "t")
      case "_": return .null
      case "$": return blob(text).map { .bulk($0) }
      case "=": return blob(text).map { .verbatim($0) }
      case "*": return text == "-1" ? .nullArray : replies(text).map { .array($0) }
      case ">": return replies(text).map { .push($0) }
      case "~": return replies(text).map { .set($0) }
      case "%": return pairs(text).map { .map($0) }
      case "&": return pairs(text).map { .pairList($0) }
      default: return nil
      }
    }

    private mutating func blob(_ count: String) -> [UInt8]? {
      guard let count = Int(count), count >= 0, count + 2 <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count + 2) }
      return Array(rest.prefix(count))
    }

    private mutating func pairs(_ count: String) -> [Reply.Pair]? {
      replies(count).map { replies in
        stride(from: 0, to: replies.count - 1, by: 2).map { .init(replies[$0], replies[$0 + 1]) }
      }
    }

    private mutating func replies(_ count: String) -> [Reply]? {
      guard let count = Int(count), count >= 0, depth < 32 else { return nil }
      depth += 1
      defer { depth -= 1 }
      var replies: [Reply] = []
      for _ in 0..<count {
        guard let reply = reply() else { return nil }
        replies.append(reply)
      }
      return replies
    }
  }
}
