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
    }
  }
}

/// The changes that a batch of entries makes, one a key.
struct KeyChanges {
  private var changes: [KeyChange] = []
  private var positions: [[UInt8]: Int] = [:]

  init(_ entries: ArraySlice<Entry>) {
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

  /// Hands out the changes in the order in which the table stands, so that each page is visited once: texts
  /// before blobs, each by their bytes.
  func forEachInTableOrder(_ body: (KeyChange, ByteStringForm) throws -> Void) rethrows {
    let forms = changes.map { $0.key.withUnsafeBytes(ByteStringForm.init) }
    let order = changes.indices.sorted { a, b in
      forms[a] == forms[b] ? precedes(changes[a].key, changes[b].key) : forms[a] == .text
    }
    for position in order { try body(changes[position], forms[position]) }
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
