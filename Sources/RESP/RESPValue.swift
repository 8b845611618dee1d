/// A reply, or a part of one, of either version of the protocol.
public enum RESPValue: Hashable, Sendable {
  /// A short text without line ends, such as OK.
  case simple(String)
  /// An error with its prefix, such as `ERR syntax error`; a bulk error of RESP3 too.
  case error(String)
  /// A signed 64-bit number.
  case integer(Int64)
  /// Any bytes.
  case bulk([UInt8])
  /// Nothing: `_` of RESP3, `$-1` of RESP2.
  case null
  /// Nothing where an array would be: `*-1` of RESP2.
  case nullArray
  /// Values in order.
  case array([RESPValue])
  /// Pairs in the order in which they were sent.
  case map([Pair])
  /// Values whose order means nothing; kept as they were sent.
  case set([RESPValue])
  /// A floating point number, infinite or not a number too.
  case double(Double)
  /// True or false.
  case boolean(Bool)
  /// An integer of any size, as its digits.
  case bigNumber(String)
  /// Text with its format, `txt` or `mkd`.
  case verbatim(format: String, [UInt8])
  /// What the server sends unasked, such as a published message; never the answer to a request.
  case push([RESPValue])

  /// A key and its value in a map.
  public struct Pair: Hashable, Sendable {
    /// What the value is found by.
    public var key: RESPValue
    /// What is found.
    public var value: RESPValue

    /// Makes a pair.
    public init(_ key: RESPValue, _ value: RESPValue) {
      self.key = key
      self.value = value
    }
  }
}

extension RESPValue {
  /// The bytes of a string of any kind, or nil; the text of an error is not one.
  public var bytes: [UInt8]? {
    switch self {
    case .simple(let text), .bigNumber(let text): Array(text.utf8)
    case .bulk(let bytes), .verbatim(_, let bytes): bytes
    default: nil
    }
  }

  /// A string of any kind as text, with what is not UTF-8 replaced, or nil.
  public var text: String? {
    switch self {
    case .simple(let text), .bigNumber(let text): text
    case .bulk(let bytes), .verbatim(_, let bytes): String(decoding: bytes, as: UTF8.self)
    default: nil
    }
  }

  /// The number of an integer, or of a string that is one; nil for anything else.
  public var integer: Int64? {
    if case .integer(let value) = self { return value }
    return text.flatMap { Int64($0) }
  }

  /// Whether it is a null of either version.
  public var isNull: Bool { self == .null || self == .nullArray }

  /// The text of an error, or nil.
  public var errorText: String? {
    if case .error(let text) = self { return text }
    return nil
  }

  /// The elements of an array, set or push, or nil.
  public var elements: [RESPValue]? {
    switch self {
    case .array(let elements), .set(let elements), .push(let elements): elements
    default: nil
    }
  }

  /// The pairs of a map; RESP2 sends one as an array of keys and values in turn, so such an array has pairs too.
  public var pairs: [Pair]? {
    switch self {
    case .map(let pairs): return pairs
    case .array(let elements) where elements.count.isMultiple(of: 2):
      return stride(from: 0, to: elements.count, by: 2).map { Pair(elements[$0], elements[$0 + 1]) }
    default: return nil
    }
  }

  /// The value of a named field of a map of either version.
  public subscript(field: String) -> RESPValue? { pairs?.first { $0.key.text == field }?.value }
}
