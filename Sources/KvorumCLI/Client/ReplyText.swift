import RESP

/// How a reply looks to people, in the two forms of redis-cli.
enum ReplyText {
  /// The form for pipes and files: bare values, a line each, with nothing added to their bytes.
  static func plain(_ reply: RESPValue) -> [UInt8] {
    switch reply {
    case .simple(let text), .error(let text), .bigNumber(let text): Array(text.utf8)
    case .bulk(let bytes), .verbatim(_, let bytes): bytes
    case .integer(let number): Array(String(number).utf8)
    case .double(let number): Array(text(of: number).utf8)
    case .boolean(let value): Array(String(value).utf8)
    case .null, .nullArray: []
    case .array(let elements), .set(let elements), .push(let elements):
      Array(elements.map(plain).joined(separator: [newline]))
    case .map(let pairs):
      Array(pairs.map { plain($0.key) + [UInt8(ascii: " ")] + plain($0.value) }.joined(separator: [newline]))
    }
  }

  /// The form for a terminal: types are shown, and bytes that are not printable are escaped.
  static func shown(_ reply: RESPValue, indent: String = "") -> String {
    switch reply {
    case .simple(let text), .bigNumber(let text): text
    case .error(let text): "(error) \(text)"
    case .bulk(let bytes): quoted(bytes)
    case .verbatim(_, let bytes): String(decoding: bytes, as: UTF8.self)
    case .integer(let number): "(integer) \(number)"
    case .double(let number): "(double) \(text(of: number))"
    case .boolean(let value): "(\(value))"
    case .null, .nullArray: "(nil)"
    case .array(let elements), .push(let elements): list(elements, empty: "(empty array)", mark: ")", indent)
    case .set(let elements): list(elements, empty: "(empty set)", mark: "~", indent)
    case .map(let pairs): map(pairs, indent)
    }
  }

  private static let newline = UInt8(ascii: "\n")

  private static func list(_ elements: [RESPValue], empty: String, mark: String, _ indent: String) -> String {
    guard !elements.isEmpty else { return empty }
    let width = String(elements.count).count
    let deeper = indent + String(repeating: " ", count: width + 2)
    return elements.enumerated().map { place, element in
      let number = String(place + 1)
      let padding = String(repeating: " ", count: width - number.count)
      return padding + number + mark + " " + shown(element, indent: deeper)
    }.joined(separator: "\n" + indent)
  }

  private static func map(_ pairs: [RESPValue.Pair], _ indent: String) -> String {
    guard !pairs.isEmpty else { return "(empty hash)" }
    let width = String(pairs.count).count
    let deeper = indent + String(repeating: " ", count: width + 2)
    return pairs.enumerated().map { place, pair in
      let number = String(place + 1)
      let padding = String(repeating: " ", count: width - number.count)
      return padding + number + "# " + shown(pair.key, indent: deeper) + " => "
        + shown(pair.value, indent: deeper)
    }.joined(separator: "\n" + indent)
  }

  private static func text(of number: Double) -> String {
    let text = String(number)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func quoted(_ bytes: [UInt8]) -> String {
    let inner = bytes.map { byte -> String in
      switch byte {
      case UInt8(ascii: "\""): "\\\""
      case UInt8(ascii: "\\"): "\\\\"
      case UInt8(ascii: "\n"): "\\n"
      case UInt8(ascii: "\r"): "\\r"
      case UInt8(ascii: "\t"): "\\t"
      case 7: "\\a"
      case 8: "\\b"
      case 0x20...0x7e: String(UnicodeScalar(byte))
      default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return "\"" + inner.joined() + "\""
  }
}
