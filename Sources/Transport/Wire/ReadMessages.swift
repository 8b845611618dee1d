import Replication

extension ReadRequest {
  var wireSize: Int {
    WireSize.varint(number) + WireSize.varint(minimumAppliedIndex) + WireSize.delimited(key.count)
  }

  func write(to writer: inout WireWriter) {
    writer.varint(WireTag.ReadRequest.number, number)
    writer.varint(WireTag.ReadRequest.minimumAppliedIndex, minimumAppliedIndex)
    writer.bytes(WireTag.ReadRequest.key, key)
  }
}

/// A read request while it is read.
struct ReadRequestDraft {
  private var number: UInt64 = 0
  private var minimumAppliedIndex: LogIndex = 0
  private var key: [UInt8]?

  mutating func merge(_ reader: inout WireReader) throws {
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.ReadRequest.number: number = try reader.varint()
      case WireTag.ReadRequest.minimumAppliedIndex: minimumAppliedIndex = try reader.varint()
      case WireTag.ReadRequest.key: key = try reader.bytes()
      default: try reader.skip(tag)
      }
    }
  }

  func finished() throws -> ReadRequest {
    guard let key else { throw PeerProtocolError("A read request has no key.") }
    return ReadRequest(
      number: number,
      minimumAppliedIndex: try Checks.index(minimumAppliedIndex, "applied index of the read request"),
      key: key)
  }
}

extension ReadReply {
  var wireSize: Int {
    var size = WireSize.varint(number) + WireSize.varint(1) + WireSize.varint(appliedIndex)
    guard found else { return size }
    size += WireSize.varint(modifiedIndex) + WireSize.varint(version) + WireSize.varint(type.wireNumber)
    size += WireSize.varint(UInt64(memberCount))
    if type == .string { size += WireSize.delimited(value.count) }
    if let expiresAt { size += WireSize.varint(UInt64(bitPattern: expiresAt)) }
    return size
  }

  func write(to writer: inout WireWriter) {
    writer.varint(WireTag.ReadReply.number, number)
    writer.varint(WireTag.ReadReply.found, found ? 1 : 0)
    writer.varint(WireTag.ReadReply.appliedIndex, appliedIndex)
    guard found else { return }
    writer.varint(WireTag.ReadReply.modifiedIndex, modifiedIndex)
    writer.varint(WireTag.ReadReply.version, version)
    if let expiresAt { writer.varint(WireTag.ReadReply.expiresAt, UInt64(bitPattern: expiresAt)) }
    writer.varint(WireTag.ReadReply.type, type.wireNumber)
    writer.varint(WireTag.ReadReply.memberCount, UInt64(memberCount))
    if type == .string { writer.bytes(WireTag.ReadReply.value, value) }
  }
}

/// A read reply while it is read.
struct ReadReplyDraft {
  private var number: UInt64 = 0
  private var found = false
  private var value: [UInt8]?
  private var modifiedIndex: LogIndex = 0
  private var version: UInt64 = 0
  private var expiresAt: Int64?
  private var appliedIndex: LogIndex = 0
  private var type: UInt64 = 0
  private var memberCount: UInt64 = 0

  mutating func merge(_ reader: inout WireReader) throws {
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.ReadReply.number: number = try reader.varint()
      case WireTag.ReadReply.found: found = try reader.varint() != 0
      case WireTag.ReadReply.modifiedIndex: modifiedIndex = try reader.varint()
      case WireTag.ReadReply.version: version = try reader.varint()
      case WireTag.ReadReply.expiresAt: expiresAt = Int64(bitPattern: try reader.varint())
      case WireTag.ReadReply.appliedIndex: appliedIndex = try reader.varint()
      case WireTag.ReadReply.value: value = try reader.bytes()
      case WireTag.ReadReply.type: type = try reader.varint()
      case WireTag.ReadReply.memberCount: memberCount = try reader.varint()
      default: try reader.skip(tag)
      }
    }
  }

  func finished() throws -> ReadReply {
    let applied = try Checks.index(appliedIndex, "applied index of the read reply")
    guard found else {
      guard value == nil, expiresAt == nil, modifiedIndex == 0, version == 0, type == 0, memberCount == 0
      else {
        throw PeerProtocolError("A read reply describes a key of which it says that it does not exist.")
      }
      return ReadReply(number: number, notFoundAt: applied)
    }
    guard let type = ValueType.allCases.first(where: { $0.wireNumber == type }) else {
      throw PeerProtocolError("A read reply has the type \(type), which this release does not know.")
    }
    guard (value != nil) == (type == .string), modifiedIndex >= 1 else {
      throw PeerProtocolError(
        "A read reply has no value, or one beside members, or no index of the entry that wrote it.")
    }
    guard (memberCount > 0) == (type != .string) else {
      throw PeerProtocolError("A read reply has members that do not fit its type.")
    }
    return ReadReply(
      number: number, type: type, value: value ?? [],
      memberCount: Int(try Checks.index(memberCount, "number of members in the read reply")),
      modifiedIndex: try Checks.index(modifiedIndex, "modified index of the read reply"),
      version: try Checks.index(version, "version in the read reply"), expiresAt: expiresAt,
      appliedIndex: applied)
  }
}

extension ValueType {
  /// The number in `peer.proto`.
  var wireNumber: UInt64 {
    switch self {
    case .string: 0
    case .hash: 1
    case .list: 2
    case .set: 3
    case .sortedSet: 4
    }
  }
}
