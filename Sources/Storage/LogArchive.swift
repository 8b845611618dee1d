import Foundation
import Replication

/// Where a node keeps what it trims from its log: one SQLite file for each part, with the tables of log.db and its
/// place in the checksum chain (schema/README.md).
///
/// Used by one thread at a time. Several nodes may use one directory.
public final class LogArchive {
  /// The directory.
  public let directory: String
  private let node: NodeID
  private let log: LogReader
  private let partial: String

  /// Opens an archive, and makes the directory if it is absent.
  ///
  /// - Parameters:
  ///   - directory: Where the segments stand.
  ///   - node: Whose they are.
  ///   - log: The directory of the node.
  public init(directory: String, node: NodeID, log: String) throws {
    self.directory = directory
    self.node = node
    self.log = try LogReader(directory: log)
    partial = directory + "/.partial-\(node)"
    try DataDirectory.create(directory, on: .real)
    try clear()
  }

  /// Keeps the entries that the log begins with, up to an index, in one file; they are on disk when this returns. A file
  /// that has them already, from a run that was cut off before it could trim, is left as it is.
  ///
  /// - Returns: The last entry that is kept: the index, or more.
  @discardableResult
  public func keep(upTo index: LogIndex) throws -> LogIndex {
    let base = try log.base()
    guard index > base.index else { return base.index }
    if let kept = kept(after: base), kept >= index { return kept }
    try clear()
    try SystemFiles.real.makeDirectory(partial)
    let segment = try LogBuilder(directory: partial, after: base)
    while segment.standing.index < index {
      let entries = try log.entries(
        from: segment.standing.index + 1, limitBytes: 8 << 20,
        limitCount: Int(clamping: min(4_096, index - segment.standing.index)))
      guard !entries.isEmpty else {
        throw StorageError.damaged(log.path, at: segment.standing.index + 1, "the entry is missing")
      }
      for entry in entries { try segment.append(entry) }
    }
    try segment.completeSegment()
    let name = "\(prefix(base.index + 1))\(padded(index))-\(node).db"
    try SystemFiles.real.rename(DataDirectory.log(in: partial), to: directory + "/" + name)
    try SystemFiles.real.synchronizeDirectory(directory)
    try clear()
    return index
  }

  /// The last entry of an intact segment of ours that follows an entry; nil if there is none.
  private func kept(after base: LogBase) -> LogIndex? {
    let names = SystemFiles.real.names(in: directory).filter {
      $0.hasPrefix(prefix(base.index + 1)) && $0.hasSuffix("-\(node).db")
    }
    for name in names.sorted().reversed() {
      guard let segment = try? LogReader(path: directory + "/" + name), let first = try? segment.base(),
        first.checksum == base.checksum, let last = try? segment.lastIndex(),
        let ours = try? log.checksum(at: last), (try? segment.checksum(at: last)) == ours
      else { continue }
      return last
    }
    return nil
  }

  private func prefix(_ first: LogIndex) -> String { "segment-\(padded(first))-" }

  private func padded(_ index: LogIndex) -> String {
    let digits = "\(index)"
    return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
  }

  private func clear() throws {
    guard SystemFiles.real.isDirectory(partial) else { return }
    try FileManager.default.removeItem(atPath: partial)
  }
}
