import CSQLite
import Glibc

/// A file as one connection has it open. Each method returns a result code of SQLite.
final class OpenFile {
  let file: StoredFile
  private let files: SimulatedFiles
  private let life: Int
  /// The directory that must be made durable with the first fsync, because SQLite has made the file in it.
  private var unsyncedDirectory: String?
  /// The path to remove when it is closed.
  private let temporary: String?
  private var sharedMemory: SharedMemory?

  init(_ file: StoredFile, of files: SimulatedFiles, createdIn directory: String?, temporary: String?) {
    self.file = file
    self.files = files
    life = files.life
    unsyncedDirectory = directory
    self.temporary = temporary
  }

  /// Whether the process that opened the file still runs.
  private var isAlive: Bool { life == files.life && !files.isDown }

  func close() {
    guard life == files.life else { return }
    unmap()
    file.locks.unlock(self, SQLITE_LOCK_NONE)
    if let temporary { _ = files.delete(temporary, synchronizing: false) }
  }

  // MARK: Bytes

  func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int) -> Int32 {
    guard isAlive, case .succeeds = files.verdict(on: .read) else { return ResultCode.read }
    let found = file.contents.bytes.dropFirst(offset).prefix(target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: found))
    guard found.count == target.count else {
      UnsafeMutableRawBufferPointer(rebasing: target[found.count...]).initializeMemory(
        as: UInt8.self, repeating: 0)
      return ResultCode.shortRead
    }
    return SQLITE_OK
  }

  func write(_ source: UnsafeRawBufferPointer, at offset: Int) -> Int32 {
    guard isAlive else { return ResultCode.write }
    switch files.verdict(on: .write) {
    case .succeeds:
      file.write(source, at: offset)
      return SQLITE_OK
    case .dies:
      file.write(source, at: offset)
      return ResultCode.write
    case .writesPart:
      file.write(UnsafeRawBufferPointer(rebasing: source.prefix(files.part(of: source.count))), at: offset)
      return SQLITE_FULL
    case .fails(errno: ENOSPC): return SQLITE_FULL
    case .fails, .syncFails: return ResultCode.write
    }
  }

  func truncate(to size: Int) -> Int32 {
    guard isAlive else { return ResultCode.truncate }
    switch files.verdict(on: .truncate) {
    case .succeeds:
      file.resize(to: size)
      return SQLITE_OK
    case .dies:
      file.resize(to: size)
      return ResultCode.truncate
    case .fails, .writesPart, .syncFails: return ResultCode.truncate
    }
  }

  func synchronize() -> Int32 {
    guard isAlive, files.synchronize(file) else { return ResultCode.synchronize }
    guard let directory = unsyncedDirectory else { return SQLITE_OK }
    guard files.synchronizeNames(in: directory) else { return ResultCode.synchronizeDirectory }
    unsyncedDirectory = nil
    return SQLITE_OK
  }

  func size(_ result: UnsafeMutablePointer<sqlite3_int64>) -> Int32 {
    guard isAlive else { return ResultCode.status }
    result.pointee = sqlite3_int64(file.size)
    return SQLITE_OK
  }

  // MARK: Locks

  func lock(_ level: Int32) -> Int32 { isAlive ? file.locks.lock(self, level) : ResultCode.lock }

  func unlock(_ level: Int32) -> Int32 {
    if life == files.life { file.locks.unlock(self, level) }
    return SQLITE_OK
  }

  func checkReserved(_ result: UnsafeMutablePointer<Int32>) -> Int32 {
    guard isAlive else { return ResultCode.lock }
    result.pointee = file.locks.isReserved ? 1 : 0
    return SQLITE_OK
  }

  // MARK: Shared memory

  func map(
    _ region: Int, size: Int, extending: Bool, _ result: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) -> Int32 {
    result.pointee = nil
    guard isAlive else { return ResultCode.sharedMemory }
    let memory = sharedMemory ?? file.sharedMemory ?? SharedMemory()
    if sharedMemory == nil {
      file.sharedMemory = memory
      sharedMemory = memory
      memory.attach(self)
    }
    result.pointee = memory.region(region, size: size, extending: extending)
    return SQLITE_OK
  }

  func lockShared(_ slots: Range<Int32>, flags: Int32) -> Int32 {
    guard flags & SQLITE_SHM_UNLOCK == 0 else {
      sharedMemory?.unlock(self, slots)
      return SQLITE_OK
    }
    guard isAlive, let sharedMemory else { return ResultCode.sharedMemory }
    return sharedMemory.lock(self, slots, exclusive: flags & SQLITE_SHM_EXCLUSIVE != 0)
  }

  func unmap() {
    // The next one to come builds the index again from the -wal file.
    if sharedMemory?.detach(self) == true, file.sharedMemory === sharedMemory { file.sharedMemory = nil }
    sharedMemory = nil
  }
}
