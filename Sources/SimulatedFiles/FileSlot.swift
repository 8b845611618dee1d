import CSQLite

/// The memory that SQLite gives to an open file.
struct FileSlot {
  private var base: sqlite3_file
  var handle: Unmanaged<OpenFile>?

  static func of(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<FileSlot> {
    UnsafeMutableRawPointer(file).assumingMemoryBound(to: FileSlot.self)
  }

  /// The methods of every open file; never changed and never freed.
  nonisolated(unsafe) static let methods: UnsafePointer<sqlite3_io_methods> = {
    let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    methods.initialize(to: makeMethods())
    return UnsafePointer(methods)
  }()
}

private func opened(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile {
  FileSlot.of(file!).pointee.handle!.takeUnretainedValue()
}

private func makeMethods() -> sqlite3_io_methods {
  var methods = sqlite3_io_methods()
  // Version 2 has shared memory for the -wal index; 3 would map the file itself.
  methods.iVersion = 2
  methods.xClose = { file in
    let slot = FileSlot.of(file!)
    slot.pointee.handle?.takeUnretainedValue().close()
    slot.pointee.handle?.release()
    slot.pointee.handle = nil
    return SQLITE_OK
  }
  methods.xRead = { file, target, count, offset in
    opened(file).read(UnsafeMutableRawBufferPointer(start: target, count: Int(count)), at: Int(offset))
  }
  methods.xWrite = { file, source, count, offset in
    opened(file).write(UnsafeRawBufferPointer(start: source, count: Int(count)), at: Int(offset))
  }
  methods.xTruncate = { file, size in opened(file).truncate(to: Int(size)) }
  methods.xSync = { file, _ in opened(file).synchronize() }
  methods.xFileSize = { file, result in opened(file).size(result!) }
  methods.xLock = { file, level in opened(file).lock(level) }
  methods.xUnlock = { file, level in opened(file).unlock(level) }
  methods.xCheckReservedLock = { file, result in opened(file).checkReserved(result!) }
  methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
  methods.xSectorSize = { _ in 4096 }
  methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
  methods.xShmMap = { file, region, size, extending, result in
    opened(file).map(Int(region), size: Int(size), extending: extending != 0, result!)
  }
  methods.xShmLock = { file, offset, count, flags in
    opened(file).lockShared(offset..<offset + count, flags: flags)
  }
  methods.xShmBarrier = { _ in }
  methods.xShmUnmap = { file, _ in
    opened(file).unmap()
    return SQLITE_OK
  }
  return methods
}
