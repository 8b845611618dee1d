import Replication
import SQLite

/// What can be said of one of the files of a node without SQLite.
public struct FileCheck: Sendable {
  /// The length of the database in bytes.
  public var bytes: Int64
  /// The length of its -wal file in bytes; nil if there is none.
  public var walBytes: Int64?
  /// The SQLite that wrote it last, as major * 1,000,000 + minor * 1,000 + patch; 0 if it does not say.
  public var writer: Int32
  /// What is wrong with it, without a full stop.
  public var problems: [String] = []

  /// A larger -wal file is not held in memory.
  private static let checkedBytes: Int64 = 32 << 20

  /// Looks at the file at a path; nil if it cannot be read.
  public init?(path: String) {
    let files = SystemFiles()
    guard files.exists(path), !files.isDirectory(path) else { return nil }
    bytes = files.size(of: path)
    walBytes = files.exists(path + "-wal") ? files.size(of: path + "-wal") : nil
    let header = (try? files.read(path, at: 0, count: 100)) ?? []
    guard header.count == 100, header.starts(with: Array("SQLite format 3".utf8)) else {
      writer = 0
      return
    }
    func number(_ offset: Int) -> Int64 {
      header[offset..<offset + 4].reduce(0) { $0 << 8 | Int64($1) }
    }
    writer = Int32(truncatingIfNeeded: number(96))
    let page = header[16] == 0 && header[17] == 1 ? 65_536 : Int64(header[16]) << 8 | Int64(header[17])
    let wanted = number(28) * page
    if walBytes ?? 0 == 0, number(24) == number(92), bytes < wanted {
      problems.append("it has \(bytes) bytes and should have \(wanted): its end was cut off")
    }
    if walBytes == nil, files.exists(path + "-shm") {
      problems.append(
        "\(path)-shm is there and \(path)-wal is not: what was written last was lost with it, unless it stands in the database already"
      )
    }
    if let walBytes, walBytes < Self.checkedBytes {
      do { try WriteAheadFile.check(of: path, on: files) } catch { problems.append("\(error)") }
    }
  }
}
