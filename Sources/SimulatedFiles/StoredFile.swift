/// The contents of one file: what a process reads, and beside it what a power cut would leave.
final class StoredFile {
  private enum Change {
    case write(offset: Int, bytes: [UInt8])
    case resize(Int)
  }

  /// What a process reads: all that was written.
  let contents = Image()
  /// What is on the disk for certain.
  private let synced = Image()
  /// What was done since, in order.
  private var unsynced: [Change] = []

  let locks = FileLocks()
  /// The -shm file of a database, which needs no disk.
  var sharedMemory: SharedMemory?

  var size: Int { contents.count }

  func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
    guard !source.isEmpty else { return }
    contents.write(source, at: offset)
    unsynced.append(.write(offset: offset, bytes: [UInt8](source)))
  }

  func resize(to size: Int) {
    contents.resize(to: size)
    unsynced.append(.resize(size))
  }

  func synchronize() {
    for change in unsynced { apply(change) }
    unsynced.removeAll(keepingCapacity: true)
  }

  /// An fsync that failed: a part is on the disk, and the rest is never written by a later one.
  func failSynchronize(cacheKept: Bool, _ dice: inout SurvivalDice) {
    settle(&dice)
    if !cacheKept { contents.become(synced) }
  }

  func powerCut(_ dice: inout SurvivalDice) {
    settle(&dice)
    contents.become(synced)
    locks.clear()
    sharedMemory = nil
  }

  /// Turns a bit over, on the disk and in memory.
  func flip(bit: Int) {
    contents.flip(bit: bit)
    synced.flip(bit: bit)
  }

  private func settle(_ dice: inout SurvivalDice) {
    for change in unsynced {
      switch (dice.fate(), change) {
      case (.kept, _): apply(change)
      case (.torn, .write(let offset, let bytes)):
        bytes.withUnsafeBytes { bytes in
          for part in dice.remains(of: offset..<offset + bytes.count) {
            let piece = bytes[part.lowerBound - offset..<part.upperBound - offset]
            synced.write(UnsafeRawBufferPointer(rebasing: piece), at: part.lowerBound)
          }
        }
      case (.torn, .resize), (.lost, _): break
      }
    }
    unsynced.removeAll()
  }

  private func apply(_ change: Change) {
    switch change {
    case .write(let offset, let bytes): bytes.withUnsafeBytes { synced.write($0, at: offset) }
    case .resize(let size): synced.resize(to: size)
    }
  }
}
