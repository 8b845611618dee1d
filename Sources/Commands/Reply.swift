/// What a command answers, before a version of the protocol is chosen for it.
public indirect enum Reply: Hashable, Sendable {
  /// A short text without line ends, such as OK.
  case simple(String)
  /// An error with its prefix, such as `ERR syntax error`.
  case error(String)
  /// A signed 64-bit number.
  case integer(Int64)
  /// Any bytes.
  case bulk([UInt8])
  /// Nothing where a string or number would be.
  case null
  /// Nothing where an array would be.
  case nullArray
  /// Replies in order.
  case array([Reply])
  /// Pairs in order; a flat array in RESP2.
  case map([Pair])
  /// Pairs in order, each an array of its own; a flat array in RESP2.
  case pairList([Pair])
  /// A message that no request asked for; an array in RESP2.
  case push([Reply])
  /// Replies whose order means nothing; an array in RESP2.
  case set([Reply])
  /// A floating point number; a string in RESP2.
  case double(Double)
  /// True or false; 1 or 0 in RESP2.
  case boolean(Bool)
  /// Plain text for people; a string in RESP2.
  case verbatim([UInt8])

  /// A key and its value in a map.
  public struct Pair: Hashable, Sendable {
    /// What the value is found by.
    public var key: Reply
    /// What is found.
    public var value: Reply

    /// Makes a pair.
    public init(_ key: Reply, _ value: Reply) {
      self.key = key
      self.value = value
    }
  }

  /// The simple string OK.
  public static let ok = Reply.simple("OK")

  /// Text as a bulk string.
  public static func text(_ text: String) -> Reply { .bulk(Array(text.utf8)) }

  /// The bytes as a bulk string, or a null.
  public static func optional(_ bytes: [UInt8]?) -> Reply { bytes.map { .bulk($0) } ?? .null }

  /// A map whose keys are bulk strings, in the order given.
  public static func fields(_ fields: KeyValuePairs<String, Reply>) -> Reply {
    .map(fields.map { Pair(.text($0.key), $0.value) })
  }

  /// Pairs as an array of pairs; a flat array in RESP2.
  public static func pairs(_ pairs: [(Reply, Reply)]) -> Reply { .pairList(pairs.map { Pair($0.0, $0.1) }) }

  /// Whether it is an error.
  public var isError: Bool {
    if case .error = self { return true }
    return false
  }
}
