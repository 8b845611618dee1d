import Glibc

/// The files of this machine.
public struct SystemFiles: FileSystem {
  /// They have no state.
  public init() {}

  /// None of its own: SQLite's default VFS.
  public var sqliteVFS: String? { nil }

  /// As access(2) says.
  public func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// As stat(2) says.
  public func isDirectory(_ path: String) -> Bool {
    status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// As stat(2) says.
  public func size(of path: String) -> Int64 { status(of: path).map { Int64($0.st_size) } ?? 0 }

  /// By read(2).
  public func contents(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var isWhole = true
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(size(of: path))) { buffer, count in
      while count < buffer.count {
        let more = Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
        guard more > 0 else {
          isWhole = more == 0
          return
        }
        count += more
      }
    }
    return isWhole ? bytes : nil
  }

  /// By readdir(3).
  public func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// By pread(2).
  public func read(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError.system(errno, path, doing: "open") }
    defer { close(descriptor) }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let more = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset) + filled)
        if more < 0 { failure = errno }
        guard more > 0 else { return }
        filled += more
      }
    }
    guard failure == 0 else { throw StorageError.system(failure, path, doing: "read") }
    return bytes
  }

  /// By pwrite(2).
  public func write(_ bytes: [UInt8], to path: String, at offset: Int64) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw StorageError.system(errno, path, doing: "open") }
    defer { close(descriptor) }
    try bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let more = pwrite(
          descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(offset) + written)
        guard more > 0 else { throw StorageError.system(errno, path, doing: "write") }
        written += more
      }
    }
  }

  /// By fsync(2).
  public func synchronize(_ path: String) throws {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError.system(errno, path, doing: "open") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StorageError.system(errno, path, doing: "fsync") }
  }

  /// By mkdir(2), for everybody to read.
  public func makeDirectory(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw StorageError.system(errno, path, doing: "make the directory")
    }
  }

  /// By fsync(2) of the directory.
  public func synchronizeDirectory(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError.system(errno, path, doing: "open") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StorageError.system(errno, path, doing: "fsync") }
  }

  /// By flock(2) of a file in the directory.
  public func lock(_ directory: String) throws -> AnyObject { try DirectoryLock(directory: directory) }

  /// By rename(2).
  public func rename(_ path: String, to other: String) throws {
    guard Glibc.rename(path, other) == 0 else { throw StorageError.system(errno, other, doing: "rename") }
  }

  /// By unlink(2).
  public func remove(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw StorageError.system(errno, path, doing: "remove")
    }
  }

  /// By pread(2), pwrite(2) and fsync(2).
  public func rewrite(_ path: String) throws {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError.system(errno, path, doing: "open") }
    defer { close(descriptor) }
    try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
      var offset = 0
      while true {
        let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
        guard count >= 0 else { throw StorageError.system(errno, path, doing: "read") }
        guard count > 0 else { break }
        var written = 0
        while written < count {
          let more = pwrite(descriptor, buffer.baseAddress! + written, count - written, offset + written)
          guard more > 0 else { throw StorageError.system(errno, path, doing: "write") }
          written += more
        }
        offset += count
      }
    }
    guard fsync(descriptor) == 0 else { throw StorageError.system(errno, path, doing: "fsync") }
  }

  private func status(of path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }
}
