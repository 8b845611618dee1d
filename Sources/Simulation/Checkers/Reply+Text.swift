import Commands

extension Reply {
  /// The reply as a line for people.
  var text: String {
    switch self {
    case .simple(let text): text
    case .error(let text): "(error) \(text)"
    case .integer(let number): "\(number)"
    case .bulk(let bytes), .verbatim(let bytes):
      HistoryText.of(bytes.count > 64 ? Array(bytes.prefix(64)) : bytes)
    case .null, .nullArray: "nil"
    case .array(let replies), .set(let replies), .push(let replies):
      "[" + replies.map(\.text).joined(separator: ", ") + "]"
    case .map(let pairs), .pairList(let pairs):
      "{" + pairs.map { "\($0.key.text): \($0.value.text)" }.joined(separator: ", ") + "}"
    case .double(let number): "\(number)"
    case .boolean(let flag): "\(flag)"
    }
  }
}
