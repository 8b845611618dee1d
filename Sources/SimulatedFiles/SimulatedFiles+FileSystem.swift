import Glibc
import Storage

extension SimulatedFiles: FileSystem {
  /// The VFS that has these files.
  public var sqliteVFS: String? { name }

  /// Whether the name stands, durable or not.
  public func exists(_ path: String) -> Bool { object(path) != nil }

  /// Whether the name is a directory's.
  public func isDirectory(_ path: String) -> Bool {
    if case .directory = object(path) { true } else { false }
  }

  /// The length as written.
  public func size(of path: String) -> Int64 {
    if case .file(let file) = object(path) { Int64(file.size) } else { 0 }
  }

  /// The names as they stand, durable or not.
  public func names(in directory: String) -> [String] {
    let prefix = directory + "/"
    return paths.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
      .filter { !$0.contains("/") }.sorted()
  }

  /// What a process reads, durable or not.
  public func read(_ path: String, at offset: Int64, count: Int) throws -> [UInt8] {
    let handle = try opened(path, creating: false)
    var bytes = [UInt8](repeating: 0, count: min(count, max(0, handle.file.size - Int(offset))))
    let result = bytes.withUnsafeMutableBytes { handle.read($0, at: Int(offset)) }
    guard result == 0 else { throw StorageError.system(EIO, path, doing: "read") }
    return bytes
  }

  /// Writes what an fsync makes durable; the name needs its directory's.
  public func write(_ bytes: [UInt8], to path: String, at offset: Int64) throws {
    let handle = try opened(path, creating: true)
    guard bytes.withUnsafeBytes({ handle.write($0, at: Int(offset)) }) == 0 else {
      throw StorageError.system(lastError, path, doing: "write")
    }
  }

  /// Makes the bytes outlive a power cut, the name not.
  public func synchronize(_ path: String) throws {
    guard try opened(path, creating: false).synchronize() == 0 else {
      throw StorageError.system(EIO, path, doing: "fsync")
    }
  }

  private func opened(_ path: String, creating: Bool) throws -> OpenFile {
    guard let file = open(path, creating: creating, exclusively: false) else {
      throw StorageError.system(lastError, path, doing: "open")
    }
    return OpenFile(file, of: self, createdIn: nil, temporary: nil)
  }

  /// Makes a name that its parent's fsync makes durable.
  public func makeDirectory(_ path: String) throws {
    guard object(path) == nil else { return }
    guard hasParent(path) else { throw StorageError.system(ENOENT, path, doing: "make the directory") }
    guard change(.makeDirectory, { $0.add(path, .directory) }) else {
      throw StorageError.system(lastError, path, doing: "make the directory")
    }
  }

  /// Makes the names in the directory outlive a power cut.
  public func synchronizeDirectory(_ path: String) throws {
    guard synchronizeNames(in: path) else { throw StorageError.system(EIO, path, doing: "fsync") }
  }

  /// A lock that ends with the process or with the result.
  public func lock(_ directory: String) throws -> AnyObject {
    guard !isDown, take(directory) else {
      throw StorageError.system(isDown ? EIO : EWOULDBLOCK, directory, doing: "lock")
    }
    return SimulatedLock(directory, of: self)
  }

  /// Changes the name as a whole.
  public func rename(_ path: String, to other: String) throws {
    guard exists(path) else { throw StorageError.system(ENOENT, path, doing: "rename") }
    guard change(.rename, { $0.rename(path, to: other) }) else {
      throw StorageError.system(lastError, path, doing: "rename")
    }
  }

  /// Removes the name, if it is there.
  public func remove(_ path: String) throws {
    guard exists(path) else { return }
    guard change(.remove, { $0.remove(path) }) else {
      throw StorageError.system(lastError, path, doing: "remove")
    }
  }

  /// Writes and fsyncs, as any process would.
  public func rewrite(_ path: String) throws {
    guard let file = open(path, creating: false, exclusively: false) else {
      throw StorageError.system(lastError, path, doing: "open")
    }
    let handle = OpenFile(file, of: self, createdIn: nil, temporary: nil)
    let written = handle.write(file.contents.bytes, at: 0)
    guard written == 0 else { throw StorageError.system(lastError, path, doing: "write") }
    guard handle.synchronize() == 0 else { throw StorageError.system(EIO, path, doing: "fsync") }
  }
}

/// A directory in the hands of one process.
private final class SimulatedLock {
  private let directory: String
  private let files: SimulatedFiles
  private let life: Int

  init(_ directory: String, of files: SimulatedFiles) {
    self.directory = directory
    self.files = files
    life = files.life
  }

  deinit { files.giveBack(directory, takenIn: life) }
}
