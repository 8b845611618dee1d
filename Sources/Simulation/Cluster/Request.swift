import Replication

/// An operation on its way from a client to a master.
struct Request {
  var client: Int
  /// Counts the attempts of all clients, so that a late answer is recognised.
  var attempt: UInt64
  var key: [UInt8]
  var action: RegisterOperation<UInt64>.Action
}

/// What a master answers.
enum Reply {
  case done(seen: UInt64?)
  /// Nothing was appended: try there, or elsewhere.
  case moved(NodeID?)
  /// Nothing was appended, for want of slaves.
  case refused
  /// It was appended, and its fate is not known.
  case inDoubt
  /// A read that could not be answered, or the socket was closed.
  case closed
}

/// Values are numbers on the clients' side and their digits in the log.
enum RegisterCoding {
  /// A number from here on is a large value.
  static let firstLarge: UInt64 = 1 << 40

  /// The digits; those of a large value begin with many zeros.
  static func bytes(_ value: UInt64) -> [UInt8] {
    let digits = Array(String(value).utf8)
    return value < firstLarge
      ? digits : Array(repeating: 48, count: 100_000 + Int(value % 64) * 4_000) + digits
  }

  static func value(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0) { $0 &* 10 &+ UInt64($1 &- 48) }
  }

  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
