import Replication

// Numbers are written even when they are zero: protobuf permits it, and sizes stay simple.

extension Epoch {
  var wireSize: Int { WireSize.varint(round) + WireSize.fixed64 }

  @inline(__always)
  func write(_ tag: UInt8, to writer: inout WireWriter) {
    writer.delimiter(tag, wireSize)
    writer.varint(WireTag.Epoch.round, round)
    writer.fixed64(WireTag.Epoch.master, master.rawValue)
  }
}

extension LogPosition {
  var wireSize: Int { WireSize.delimited(epoch.wireSize) + WireSize.varint(index) }

  func write(_ tag: UInt8, to writer: inout WireWriter) {
    writer.delimiter(tag, wireSize)
    epoch.write(WireTag.LogPosition.epoch, to: &writer)
    writer.varint(WireTag.LogPosition.index, index)
  }
}

extension Mutation {
  var wireSize: Int {
    var size = WireSize.varint(UInt64(operation.rawValue))
    if operation != .clear { size += WireSize.delimited(key.count) }
    if operation.hasValue { size += WireSize.delimited(value.count) }
    if operation.container != nil { size += WireSize.delimited(member.count) }
    if let expiresAt { size += WireSize.varint(UInt64(bitPattern: expiresAt)) }
    return size
  }

  func write(to writer: inout WireWriter) {
    writer.delimiter(WireTag.Mutations.mutations, wireSize)
    writer.varint(WireTag.Mutation.operation, UInt64(operation.rawValue))
    if operation != .clear { writer.bytes(WireTag.Mutation.key, key) }
    if operation.hasValue { writer.bytes(WireTag.Mutation.value, value) }
    if let expiresAt { writer.varint(WireTag.Mutation.expiresAt, UInt64(bitPattern: expiresAt)) }
    if operation.container != nil { writer.bytes(WireTag.Mutation.member, member) }
  }
}

extension Entry {
  private func payloadSize() throws -> Int {
    switch payload {
    case .noop: 0
    case .configuration(let configuration): try configuration.wireBytes().count
    case .mutations(let mutations):
      mutations.reduce(0) { $0 + WireSize.delimited($1.wireSize) }
    }
  }

  private func wireSize(payload: Int) -> Int {
    WireSize.varint(index) + WireSize.delimited(epoch.wireSize)
      + WireSize.varint(UInt64(bitPattern: time)) + WireSize.delimited(payload)
  }

  /// The size as a field of an append or a pull reply.
  fileprivate func fieldSize() throws -> Int { WireSize.delimited(wireSize(payload: try payloadSize())) }

  fileprivate func write(to writer: inout WireWriter) throws {
    let payloadSize = try payloadSize()
    writer.delimiter(WireTag.Append.entries, wireSize(payload: payloadSize))
    writer.varint(WireTag.Entry.index, index)
    epoch.write(WireTag.Entry.epoch, to: &writer)
    writer.varint(WireTag.Entry.time, UInt64(bitPattern: time))
    switch payload {
    case .noop: writer.delimiter(WireTag.Entry.noop, 0)
    case .configuration(let configuration):
      writer.delimiter(WireTag.Entry.configuration, payloadSize)
      writer.encoded(try configuration.wireBytes())
    case .mutations(let mutations):
      writer.delimiter(WireTag.Entry.mutations, payloadSize)
      for mutation in mutations { mutation.write(to: &writer) }
    }
  }
}

extension ArraySlice<Entry> {
  /// The size of all entries as fields of an append or a pull reply.
  func wireSize() throws -> Int {
    var size = 0
    for entry in self { size += try entry.fieldSize() }
    return size
  }

  func write(to writer: inout WireWriter) throws {
    for entry in self { try entry.write(to: &writer) }
  }
}
