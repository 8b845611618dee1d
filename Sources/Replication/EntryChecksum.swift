/// The checksum chain over the log: each value covers the entry and the value before it, so that two logs
/// agree up to an index exactly when their values there agree.
///
/// XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md) over the canonical bytes of an entry, seeded with
/// the value before it. The canonical bytes are laid down in schema/README.md.
public struct EntryChecksum: Sendable {
  /// The value before the first entry.
  public static let initial: UInt64 = 0

  /// The value of an entry that follows one with the value `previous`.
  public static func next(after previous: UInt64, _ entry: Entry) -> UInt64 {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entry.approximateSize + 32)
    append(entry.index, to: &bytes)
    append(entry.epoch.round, to: &bytes)
    append(entry.epoch.master.rawValue, to: &bytes)
    append(UInt64(bitPattern: entry.time), to: &bytes)
    switch entry.payload {
    case .noop: bytes.append(0)
    case .mutations(let mutations):
      bytes.append(1)
      append(UInt64(mutations.count), to: &bytes)
      for mutation in mutations { append(mutation, to: &bytes) }
    case .configuration(let configuration):
      bytes.append(2)
      append(configuration, to: &bytes)
    }
    return xxh64(bytes, seed: previous)
  }

  private static func append(_ mutation: Mutation, to bytes: inout [UInt8]) {
    bytes.append(mutation.operation.rawValue)
    append(UInt64(mutation.key.count), to: &bytes)
    bytes += mutation.key
    // Entries of the time before there were members keep their checksums.
    if mutation.operation.container != nil {
      append(UInt64(mutation.member.count), to: &bytes)
      bytes += mutation.member
    }
    append(UInt64(mutation.value.count), to: &bytes)
    bytes += mutation.value
    bytes.append(mutation.expiresAt == nil ? 0 : 1)
    append(UInt64(bitPattern: mutation.expiresAt ?? 0), to: &bytes)
  }

  private static func append(_ configuration: ClusterConfiguration, to bytes: inout [UInt8]) {
    append(configuration.cluster.high, to: &bytes)
    append(configuration.cluster.low, to: &bytes)
    append(UInt64(bitPattern: configuration.leaseMilliseconds), to: &bytes)
    append(UInt64(configuration.sets.count), to: &bytes)
    for set in configuration.sets {
      append(UInt64(set.masters.count), to: &bytes)
      append(UInt64(set.slaves.count), to: &bytes)
      for member in set.all {
        append(member.id.rawValue, to: &bytes)
        append(member.name, to: &bytes)
        append(member.address, to: &bytes)
        append(member.role.rawValue, to: &bytes)
      }
    }
    append(UInt64(configuration.removed.count), to: &bytes)
    for id in configuration.removed { append(id.rawValue, to: &bytes) }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &bytes)
    bytes += text.utf8
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// XXH64 of the bytes.
public func xxh64(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
  bytes.withUnsafeBytes { xxh64($0, seed: seed) }
}

private func xxh64(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
  let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  let p3: UInt64 = 0x1656_67B1_9E37_79F9
  let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
  let p5: UInt64 = 0x27D4_EB2F_1656_67C5
  func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
  func word(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
  func round(_ accumulator: UInt64, _ input: UInt64) -> UInt64 {
    rotate(accumulator &+ input &* p2, 31) &* p1
  }

  let count = bytes.count
  var offset = 0
  var hash: UInt64
  if count >= 32 {
    var v1 = seed &+ p1 &+ p2
    var v2 = seed &+ p2
    var v3 = seed
    var v4 = seed &- p1
    while offset + 32 <= count {
      v1 = round(v1, word(offset))
      v2 = round(v2, word(offset + 8))
      v3 = round(v3, word(offset + 16))
      v4 = round(v4, word(offset + 24))
      offset += 32
    }
    hash = rotate(v1, 1) &+ rotate(v2, 7) &+ rotate(v3, 12) &+ rotate(v4, 18)
    for v in [v1, v2, v3, v4] { hash = (hash ^ round(0, v)) &* p1 &+ p4 }
  } else {
    hash = seed &+ p5
  }
  hash = hash &+ UInt64(count)
  while offset + 8 <= count {
    hash = rotate(hash ^ round(0, word(offset)), 27) &* p1 &+ p4
    offset += 8
  }
  if offset + 4 <= count {
    let half = UInt64(
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    hash = rotate(hash ^ (half &* p1), 23) &* p2 &+ p3
    offset += 4
  }
  while offset < count {
    hash = rotate(hash ^ (UInt64(bytes[offset]) &* p5), 11) &* p1
    offset += 1
  }
  hash = (hash ^ (hash >> 33)) &* p2
  hash = (hash ^ (hash >> 29)) &* p3
  return hash ^ (hash >> 32)
}
