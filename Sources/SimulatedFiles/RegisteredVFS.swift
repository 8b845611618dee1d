import CSQLite
import Glibc

/// Simulated files as SQLite knows them: a VFS with a name of its own (sqlite.org/vfs.html).
final class RegisteredVFS {
  let name: String
  private let vfs: UnsafeMutablePointer<sqlite3_vfs>
  private let cName: UnsafeMutablePointer<CChar>

  init(_ files: SimulatedFiles) {
    vfs = .allocate(capacity: 1)
    // An address is a name that no other has as long as this lives.
    name = "simulated-\(UInt(bitPattern: vfs))"
    cName = strdup(name)
    vfs.initialize(to: Self.methods(name: cName, files))
    let result = sqlite3_vfs_register(vfs, 0)
    precondition(result == SQLITE_OK, "SQLite refuses the VFS: \(result)")
  }

  deinit {
    sqlite3_vfs_unregister(vfs)
    vfs.deallocate()
    free(cName)
  }

  private static func methods(name: UnsafePointer<CChar>, _ files: SimulatedFiles) -> sqlite3_vfs {
    var vfs = sqlite3_vfs()
    vfs.iVersion = 2
    vfs.szOsFile = Int32(MemoryLayout<FileSlot>.size)
    vfs.mxPathname = 512
    vfs.zName = name
    vfs.pAppData = Unmanaged.passUnretained(files).toOpaque()
    vfs.xOpen = { vfs, path, slot, flags, outFlags in
      guard let slot else { return SQLITE_MISUSE }
      return openFile(simulatedFiles(vfs), path.map { String(cString: $0) }, slot, flags, outFlags)
    }
    vfs.xDelete = { vfs, path, synchronizing in
      simulatedFiles(vfs).delete(path.map { String(cString: $0) } ?? "", synchronizing: synchronizing != 0)
    }
    vfs.xAccess = { vfs, path, flags, result in
      let object = simulatedFiles(vfs).object(path.map { String(cString: $0) } ?? "")
      // SQLite takes an empty file for none here.
      let found: Bool =
        switch object {
        case .file(let file): flags != SQLITE_ACCESS_EXISTS || file.size > 0
        case .directory: true
        case nil: false
        }
      result?.pointee = found ? 1 : 0
      return SQLITE_OK
    }
    vfs.xFullPathname = { _, path, capacity, result in
      guard let path, let result, strlen(path) < Int(capacity) else { return SQLITE_CANTOPEN }
      strcpy(result, path)
      return SQLITE_OK
    }
    vfs.xRandomness = { vfs, count, bytes in
      simulatedFiles(vfs).fill(UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)))
      return count
    }
    vfs.xSleep = { vfs, microseconds in
      simulatedFiles(vfs).sleep(microseconds: microseconds)
      return microseconds
    }
    vfs.xCurrentTime = { vfs, result in
      result?.pointee = Double(simulatedFiles(vfs).now() + julianOffset) / 86_400_000
      return SQLITE_OK
    }
    vfs.xCurrentTimeInt64 = { vfs, result in
      result?.pointee = simulatedFiles(vfs).now() + julianOffset
      return SQLITE_OK
    }
    vfs.xGetLastError = { vfs, _, _ in simulatedFiles(vfs).lastError }
    return vfs
  }
}

/// Milliseconds from the start of the Julian calendar's days to that of Unix time.
private let julianOffset: Int64 = 210_866_760_000_000

private func simulatedFiles(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedFiles {
  Unmanaged<SimulatedFiles>.fromOpaque(vfs!.pointee.pAppData).takeUnretainedValue()
}

private func openFile(
  _ files: SimulatedFiles, _ path: String?, _ slot: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
  _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
  // SQLite closes what has methods.
  slot.pointee.pMethods = nil
  let creating = flags & SQLITE_OPEN_CREATE != 0
  let file: StoredFile
  if let path {
    let exclusively = creating && flags & SQLITE_OPEN_EXCLUSIVE != 0
    guard let found = files.open(path, creating: creating, exclusively: exclusively) else {
      return SQLITE_CANTOPEN
    }
    file = found
  } else {
    file = StoredFile()
  }
  // As SQLite's own VFS: the name of a journal or -wal file is made durable with its first fsync.
  let isJournal = flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL) != 0
  let handle = OpenFile(
    file, of: files, createdIn: creating && isJournal ? path.map { NameTable.parent(of: $0) } : nil,
    temporary: flags & SQLITE_OPEN_DELETEONCLOSE != 0 ? path : nil)
  FileSlot.of(slot).pointee.handle = Unmanaged.passRetained(handle)
  slot.pointee.pMethods = FileSlot.methods
  outFlags?.pointee = flags
  return SQLITE_OK
}
