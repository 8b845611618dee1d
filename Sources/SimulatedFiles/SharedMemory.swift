import CSQLite

/// The index of a -wal file, which the connections to a database share in memory (sqlite.org/walformat.html).
final class SharedMemory {
  private struct Locks {
    var shared = Set<Int32>()
    var exclusive = Set<Int32>()
  }

  private var regions: [UnsafeMutableRawBufferPointer] = []
  private var locks: [ObjectIdentifier: Locks] = [:]

  deinit { for region in regions { region.deallocate() } }

  /// The memory of a region; nil if it does not exist and is not to be made.
  func region(_ number: Int, size: Int, extending: Bool) -> UnsafeMutableRawPointer? {
    while regions.count <= number {
      guard extending else { return nil }
      let region = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
      region.initializeMemory(as: UInt8.self, repeating: 0)
      regions.append(region)
    }
    return regions[number].baseAddress
  }

  func attach(_ holder: OpenFile) { locks[ObjectIdentifier(holder)] = Locks() }

  /// Ends a connection; true if it was the last one.
  func detach(_ holder: OpenFile) -> Bool {
    locks[ObjectIdentifier(holder)] = nil
    return locks.isEmpty
  }

  func lock(_ holder: OpenFile, _ slots: Range<Int32>, exclusive: Bool) -> Int32 {
    let key = ObjectIdentifier(holder)
    for (other, held) in locks where other != key {
      guard held.exclusive.isDisjoint(with: slots), !exclusive || held.shared.isDisjoint(with: slots) else {
        return SQLITE_BUSY
      }
    }
    if exclusive { locks[key]?.exclusive.formUnion(slots) } else { locks[key]?.shared.formUnion(slots) }
    return SQLITE_OK
  }

  func unlock(_ holder: OpenFile, _ slots: Range<Int32>) {
    locks[ObjectIdentifier(holder)]?.shared.subtract(slots)
    locks[ObjectIdentifier(holder)]?.exclusive.subtract(slots)
  }
}
