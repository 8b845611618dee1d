import Glibc

/// A node's directory and the names of the files in it.
public enum DataDirectory {
  /// The log's path.
  public static func log(in directory: String) -> String { directory + "/log.db" }
  /// The replica's path.
  public static func replica(in directory: String) -> String { directory + "/replica.db" }

  /// The bytes that others can still write to the file system of a path; nil if it cannot tell.
  public static func availableBytes(at path: String) -> Int64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
  }

  /// Makes the directory and its parents where they are missing, durably.
  static func create(_ directory: String, on files: any FileSystem) throws {
    var missing: [String] = []
    var path = directory
    while !files.exists(path), parent(of: path) != path {
      missing.append(path)
      path = parent(of: path)
    }
    // The first start may have been cut off after it made a directory and before that was durable; for those that
    // others made it does not matter if this user may not open them.
    if !files.exists(log(in: directory)) {
      while parent(of: path) != path {
        path = parent(of: path)
        try? files.synchronizeDirectory(path)
      }
    }
    for path in missing.reversed() {
      try files.makeDirectory(path)
      try files.synchronizeDirectory(parent(of: path))
    }
    guard files.isDirectory(directory) else {
      throw StorageError(
        .foreign, directory, "\(directory) is a file, not a directory: choose another directory.")
    }
  }

  /// The directory that holds a file or directory.
  static func parent(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }
}

/// The right of one process to write in a directory, until it is released or the process ends.
final class DirectoryLock {
  private let descriptor: Int32

  init(directory: String) throws {
    let path = directory + "/lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw StorageError.system(errno, path, doing: "open") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      defer { close(descriptor) }
      guard number == EWOULDBLOCK else { throw StorageError.system(number, path, doing: "lock") }
      throw StorageError(
        .locked, directory,
        """
        Another kvorum process\(Self.holder(descriptor)) runs on \(directory): stop it, or choose another \
        directory.
        """)
    }
    self.descriptor = descriptor
    let text = "\(getpid())\n"
    // For people only: the lock is flock's, so it does not matter if this fails.
    _ = ftruncate(descriptor, 0)
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit { close(descriptor) }

  private static func holder(_ descriptor: Int32) -> String {
    let digits = withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { buffer in
      let count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
      return String(decoding: buffer[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
    }
    return Int(digits).map { " (\($0))" } ?? ""
  }
}
