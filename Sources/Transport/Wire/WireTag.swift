/// Tags (field number and wire type) of the messages that the hand-written codec handles, as in `peer.proto`.
///
/// All field numbers are below 16, so that every tag takes one byte.
enum WireTag {
  static func varint(_ number: UInt8) -> UInt8 { number << 3 }
  static func fixed64(_ number: UInt8) -> UInt8 { number << 3 | 1 }
  static func delimited(_ number: UInt8) -> UInt8 { number << 3 | 2 }

  enum PeerMessage {
    static let pullReply = delimited(6)
    static let append = delimited(7)
    static let readRequest = delimited(12)
    static let readReply = delimited(13)
    /// The tags of all messages of the oneof.
    static let kinds = delimited(1)...delimited(15)
  }
  enum Epoch {
    static let round = varint(1)
    static let master = fixed64(2)
  }
  enum LogPosition {
    static let epoch = delimited(1)
    static let index = varint(2)
  }
  enum Entry {
    static let index = varint(1)
    static let epoch = delimited(2)
    static let time = varint(3)
    static let noop = delimited(4)
    static let configuration = delimited(5)
    static let mutations = delimited(6)
  }
  enum Mutations {
    static let mutations = delimited(1)
  }
  enum Mutation {
    static let operation = varint(1)
    static let key = delimited(2)
    static let value = delimited(3)
    static let expiresAt = varint(4)
    static let member = delimited(5)
  }
  enum Append {
    static let epoch = delimited(1)
    static let number = varint(2)
    static let previous = delimited(3)
    static let commit = varint(4)
    static let needed = varint(5)
    static let entries = delimited(6)
  }
  enum PullReply {
    static let epoch = delimited(1)
    static let previous = delimited(2)
    static let matched = varint(3)
    static let hint = varint(4)
    static let commit = varint(5)
    static let entries = delimited(6)
  }
  enum ReadRequest {
    static let number = varint(1)
    static let minimumAppliedIndex = varint(2)
    static let key = delimited(3)
  }
  enum ReadReply {
    static let number = varint(1)
    static let found = varint(2)
    static let modifiedIndex = varint(3)
    static let version = varint(4)
    static let expiresAt = varint(5)
    static let appliedIndex = varint(6)
    static let value = delimited(7)
    static let type = varint(8)
    static let memberCount = varint(9)
  }
}
