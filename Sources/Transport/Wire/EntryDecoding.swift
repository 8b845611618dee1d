import Replication

// A message field that comes more than once is merged, and of a number the last one counts, as protobuf demands.

extension WireReader {
  @inline(__always)
  mutating func merge(into epoch: inout Epoch?) throws {
    var reader = try message()
    var merged = epoch ?? .zero
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.Epoch.round: merged.round = try reader.varint()
      case WireTag.Epoch.master: merged.master = NodeID(try reader.fixed64())
      default: try reader.skip(tag)
      }
    }
    epoch = merged
  }

  mutating func merge(into position: inout LogPosition?) throws {
    var reader = try message()
    var epoch = position?.epoch
    var index = position?.index ?? 0
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.LogPosition.epoch: try reader.merge(into: &epoch)
      case WireTag.LogPosition.index: index = try reader.varint()
      default: try reader.skip(tag)
      }
    }
    position = LogPosition(epoch: epoch ?? .zero, index: index)
  }

  mutating func entry() throws -> Entry {
    var reader = try message()
    var index: UInt64 = 0
    var epoch: Epoch?
    var time: UInt64 = 0
    var kind: UInt8 = 0
    var mutations: [Mutation] = []
    var configuration: [UInt8] = []
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.Entry.index: index = try reader.varint()
      case WireTag.Entry.epoch: try reader.merge(into: &epoch)
      case WireTag.Entry.time: time = try reader.varint()
      case WireTag.Entry.noop:
        _ = try reader.message()
        kind = tag
      case WireTag.Entry.configuration:
        if kind != tag { configuration = [] }
        // Two encodings in a row are the encoding of the merged message.
        configuration += try reader.bytes()
        kind = tag
      case WireTag.Entry.mutations:
        if kind != tag { mutations = [] }
        try reader.merge(into: &mutations, entry: index)
        kind = tag
      default: try reader.skip(tag)
      }
    }

    guard index >= 1 else { throw PeerProtocolError("An entry has no index.") }
    index = try Checks.index(index, "index of an entry")
    let reign = try Checks.reign(epoch, "entry \(index)")
    let payload: Entry.Payload
    switch kind {
    case WireTag.Entry.noop: payload = .noop
    case WireTag.Entry.configuration:
      payload = .configuration(try ClusterConfiguration(wireBytes: configuration, entry: index))
    case WireTag.Entry.mutations:
      guard !mutations.isEmpty else { throw PeerProtocolError("Entry \(index) holds no mutation.") }
      payload = .mutations(mutations)
    default:
      throw PeerProtocolError(
        "Entry \(index) has no content that this release knows; run the same release on all nodes.")
    }
    return Entry(index: index, epoch: reign, time: Int64(bitPattern: time), payload: payload)
  }

  private mutating func merge(into mutations: inout [Mutation], entry index: UInt64) throws {
    var reader = try message()
    while let tag = try reader.tag() {
      if tag == WireTag.Mutations.mutations {
        mutations.append(try reader.mutation(of: index))
      } else {
        try reader.skip(tag)
      }
    }
  }

  private mutating func mutation(of index: UInt64) throws -> Mutation {
    var reader = try message()
    var number: UInt64 = 0
    var key: [UInt8]?
    var value: [UInt8]?
    var expiresAt: Int64?
    var member: [UInt8]?
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.Mutation.operation: number = try reader.varint()
      case WireTag.Mutation.key: key = try reader.bytes()
      case WireTag.Mutation.value: value = try reader.bytes()
      case WireTag.Mutation.expiresAt: expiresAt = Int64(bitPattern: try reader.varint())
      case WireTag.Mutation.member: member = try reader.bytes()
      default: try reader.skip(tag)
      }
    }
    guard let operation = UInt8(exactly: number).flatMap(Mutation.Operation.init) else {
      throw PeerProtocolError(
        """
        A mutation of entry \(index) has the operation \(number), which this release does not know; run the same \
        release on all nodes.
        """)
    }
    func check(_ isThere: Bool, _ isMeant: Bool, _ what: StaticString) throws {
      guard isThere != isMeant else { return }
      throw PeerProtocolError(
        "A mutation of entry \(index), the operation \(operation), has \(isMeant ? "no" : "a") \(what).")
    }
    try check(key != nil, operation != .clear, "key")
    try check(value != nil, operation.hasValue, "value")
    try check(member != nil, operation.container != nil, "member")
    if !operation.hasExpiry { try check(expiresAt != nil, false, "point in time at which the key ends") }
    return Mutation(
      operation: operation, key: key ?? [], member: member ?? [], value: value ?? [], expiresAt: expiresAt)
  }
}
