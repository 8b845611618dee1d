import Replication
import SQLite

/// The copies of replicas in a node's directory: its own, made for others, and what comes of another node's.
///
/// Used by one thread at a time.
public struct SnapshotFiles: Sendable {
  /// The node's directory.
  public let directory: String
  private let files: any FileSystem
  private let prefix: String
  private static let piece = 1 << 20

  /// Looks after the copies in a directory.
  ///
  /// - Parameter prefix: What the names of our own copies begin with.
  public init(directory: String, prefix: String = "snapshot", on files: any FileSystem = .real) {
    self.directory = directory
    self.prefix = prefix
    self.files = files
  }

  // MARK: Our own copy

  /// Makes a verified copy of the replica while it is being written; or finds one that an earlier run has left, and
  /// that stands at an index or above.
  ///
  /// The replica's -wal file grows while the copy is made.
  public func make(standingAtLeast index: LogIndex) throws -> SnapshotDescription {
    if let left = try leftCopy(standingAtLeast: index) { return left }
    try removeCopies()
    let partial = directory + "/\(prefix).partial"
    try ReplicaReader(directory: directory, on: files).copy(to: partial)
    let standing = try Self.verify(partial, on: files)
    let snapshot = SnapshotDescription(
      id: try checksum(of: partial), size: UInt64(files.size(of: partial)), base: standing)
    try files.rename(partial, to: path(of: snapshot))
    return snapshot
  }

  /// A part of a copy that was made.
  public func read(_ snapshot: SnapshotDescription, at offset: UInt64, count: Int) throws -> [UInt8] {
    try files.read(path(of: snapshot), at: Int64(offset), count: count)
  }

  /// Removes our copies.
  public func removeCopies() throws {
    for name in files.names(in: directory) where name.hasPrefix(prefix) { try removeAll(name) }
  }

  private func leftCopy(standingAtLeast index: LogIndex) throws -> SnapshotDescription? {
    for name in files.names(in: directory) {
      guard let parts = Self.parts(of: name, prefix: prefix + "-"), parts.index >= index else { continue }
      let path = directory + "/" + name
      guard try checksum(of: path) == parts.id else { continue }
      return SnapshotDescription(
        id: parts.id, size: UInt64(files.size(of: path)),
        base: try ReplicaReader(path: path, on: files).standing())
    }
    return nil
  }

  private func path(of snapshot: SnapshotDescription) -> String {
    directory + "/\(prefix)-\(snapshot.base.index)-\(hexadecimal(snapshot.id)).db"
  }

  // MARK: Another node's copy

  /// The path at which a copy comes in.
  public func incomingPath(of snapshot: SnapshotDescription) -> String {
    directory + "/incoming-\(snapshot.base.index)-\(hexadecimal(snapshot.id)).db"
  }

  /// How much of a copy is here; what is here of others is removed.
  public func open(_ snapshot: SnapshotDescription) throws -> UInt64 {
    let path = incomingPath(of: snapshot)
    try removeIncoming(but: path)
    return min(UInt64(files.size(of: path)), snapshot.size)
  }

  /// Keeps bytes of a copy that follow what is here.
  public func store(_ bytes: [UInt8], of snapshot: SnapshotDescription, at offset: UInt64) throws {
    try files.write(bytes, to: incomingPath(of: snapshot), at: Int64(offset))
  }

  /// Checks a copy of which all has come, and makes it durable: every byte, every row, and where it stands.
  public func check(_ snapshot: SnapshotDescription) throws {
    let path = incomingPath(of: snapshot)
    guard files.size(of: path) == Int64(snapshot.size), try checksum(of: path) == snapshot.id else {
      throw StorageError(
        .damaged, path, "\(path) is not what was sent: a part of it did not get to the disk.")
    }
    guard try Self.verify(path, on: files) == snapshot.base else {
      throw StorageError(.damaged, path, "\(path) does not stand where its sender says.")
    }
    try files.synchronize(path)
    try files.synchronizeDirectory(directory)
  }

  /// Removes what has come of copies.
  ///
  /// - Parameters:
  ///   - kept: The path of one that stays.
  ///   - index: Only those that stand at this index or below it.
  public func removeIncoming(but kept: String? = nil, upTo index: LogIndex = .max) throws {
    for name in files.names(in: directory) where directory + "/" + name != kept {
      guard let parts = Self.parts(of: name, prefix: "incoming-"), parts.index <= index else { continue }
      try removeAll(name)
    }
  }

  // MARK: Any copy

  /// Verifies a copy, makes it durable and gives it its name.
  public static func complete(_ path: String, as name: String) throws -> ReplicaVerdict {
    let verdict = try sound(path, on: .real)
    try SystemFiles.real.synchronize(path)
    try SystemFiles.real.rename(path, to: name)
    try SystemFiles.real.synchronizeDirectory(DataDirectory.parent(of: name))
    return verdict
  }

  /// Holds a copy against its checksums; returns where it stands.
  public static func verify(_ path: String, on files: any FileSystem = .real) throws -> LogBase {
    try sound(path, on: files).standing
  }

  private static func sound(_ path: String, on files: any FileSystem) throws -> ReplicaVerdict {
    let verdict = try ReplicaReader(path: path, on: files).verify()
    guard verdict.isSound else {
      throw StorageError(
        .damaged, path, "\(path) is a copy of a damaged replica: \(verdict.finding).")
    }
    return verdict
  }

  private func removeAll(_ name: String) throws {
    for suffix in ["", "-journal"] { try files.remove(directory + "/" + name + suffix) }
  }

  private func checksum(of path: String) throws -> UInt64 {
    var checksum: UInt64 = 0
    var offset: Int64 = 0
    while true {
      let bytes = try files.read(path, at: offset, count: Self.piece)
      guard !bytes.isEmpty else { return checksum }
      checksum = xxh64(bytes, seed: checksum)
      offset += Int64(bytes.count)
    }
  }

  private static func parts(of name: String, prefix: String) -> (index: LogIndex, id: UInt64)? {
    guard name.hasPrefix(prefix), name.hasSuffix(".db") else { return nil }
    let parts = name.dropFirst(prefix.count).dropLast(3).split(separator: "-")
    guard parts.count == 2, let index = LogIndex(parts[0]), let id = UInt64(parts[1], radix: 16) else {
      return nil
    }
    return (index, id)
  }

  private func hexadecimal(_ id: UInt64) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
