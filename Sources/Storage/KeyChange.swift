import Glibc
import Replication
import SQLite

/// What a batch of entries does to one key in the end, whatever the key held before.
struct KeyChange {
  let key: [UInt8]
  /// Whether the batch deleted the key at some point, so that what it held before does not matter.
  private(set) var isReset = false
  /// The puts since the last delete, or all of them; 0 means that the key is gone.
  private(set) var puts: Int64 = 0
  /// The index of the first of these puts: where the key was created, if it did not exist.
  private(set) var createdIndex: LogIndex = 0
  /// The index of the last put.
  private(set) var modifiedIndex: LogIndex = 0
  /// The value of the last put.
  private(set) var value: [UInt8] = []
  /// The expiry of the last put.
  private(set) var expiresAt: Int64?

  init(key: [UInt8]) { self.key = key }

  mutating func add(_ mutation: Mutation, at index: LogIndex) {
    switch mutation.operation {
    case .put:
      if puts == 0 { createdIndex = index }
      puts += 1
      modifiedIndex = index
      value = mutation.value
      expiresAt = mutation.expiresAt
    case .delete:
      isReset = true
      puts = 0
      value = []
      expiresAt = nil
    default: fatalError("not yet")
    }
  }
}

/// The changes that a batch of entries makes, one a key.
struct KeyChanges {
  private var changes: [KeyChange] = []
  private var positions: [[UInt8]: Int] = [:]

  init(_ entries: ArraySlice<Entry>) {
    changes.reserveCapacity(entries.count)
    positions.reserveCapacity(entries.count)
    for entry in entries {
      guard case .mutations(let mutations) = entry.payload else { continue }
      for mutation in mutations { add(mutation, at: entry.index) }
    }
  }

  private mutating func add(_ mutation: Mutation, at index: LogIndex) {
    if let position = positions[mutation.key] {
      changes[position].add(mutation, at: index)
    } else {
      positions[mutation.key] = changes.count
      changes.append(KeyChange(key: mutation.key))
      changes[changes.count - 1].add(mutation, at: index)
    }
  }

  /// The changes in the order in which the table stands, so that each page is visited once: texts before blobs, each
  /// by their bytes.
  func inTableOrder() -> [(change: KeyChange, form: ByteStringForm)] {
    var places = changes.indices.map { position in
      changes[position].key.withUnsafeBytes { key in
        Place(form: ByteStringForm(of: key), prefix: Place.prefix(of: key), position: position)
      }
    }
    places.sort { a, b in
      if a.form != b.form { return a.form == .text }
      if a.prefix != b.prefix { return a.prefix < b.prefix }
      return precedes(changes[a.position].key, changes[b.position].key)
    }
    return places.map { (changes[$0.position], $0.form) }
  }

  /// Hands out the changes in that order.
  func forEachInTableOrder(_ body: (KeyChange, ByteStringForm) throws -> Void) rethrows {
    for (change, form) in inTableOrder() { try body(change, form) }
  }

  /// What is needed to order most changes without a look at their keys.
  private struct Place {
    var form: ByteStringForm
    /// The first eight bytes, as a number in their order; zeros stand for those that are missing.
    var prefix: UInt64
    var position: Int

    static func prefix(of key: UnsafeRawBufferPointer) -> UInt64 {
      if key.count >= 8 { return UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)) }
      var prefix: UInt64 = 0
      for byte in key { prefix = prefix << 8 | UInt64(byte) }
      return key.isEmpty ? 0 : prefix << (8 * UInt64(8 - key.count))
    }
  }
}

private func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      let common = min(a.count, b.count)
      let order = common == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, common)
      return order == 0 ? a.count < b.count : order < 0
    }
  }
}
