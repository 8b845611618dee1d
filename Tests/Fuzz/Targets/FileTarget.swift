import Foundation
import Replication
import Storage

extension FuzzTarget {
  /// A log.db or its -wal file that was damaged on the disk: the log either says so or gives back what was written.
  static let logFile = FuzzTarget(
    name: "log", summary: "a damaged log.db and log.db-wal", corpus: { FileDamage.corpus },
    run: { try LogFileTarget.run($0) })

  /// A damaged replica.db: it may only refuse to be used.
  static let replicaFile = FuzzTarget(
    name: "replica", summary: "a damaged replica.db and replica.db-wal", corpus: { FileDamage.corpus },
    run: { try ReplicaFileTarget.run($0) })
}

/// Changes to a file, told by a fuzzer's bytes: which file, and then places and what becomes of them.
enum FileDamage {
  /// One change in each part of the two files, and a few whole ones.
  static let corpus: [[UInt8]] = {
    let places: [[UInt8]] = [
      [0, 16], [0, 24], [0, 96], [16, 5], [32, 9], [64, 0], [80, 3], [100, 100], [128, 50],
    ]
    let written: [UInt8] = [8, 1, 2, 3, 4, 5, 6, 7, 8]
    var inputs: [[UInt8]] = [[0, 2, 64, 0], [1, 2, 20, 0], [0, 3, 32, 0, 200], [1, 4, 16, 0, 2], [2, 1]]
    for place in places {
      inputs.append([0, 0] + place + [0xFF])
      inputs.append([1, 0] + place + [0])
      inputs.append([0, 1] + place + written)
    }
    return inputs
  }()

  /// Does the damage: `database` alone holds the checkpointed part, `wal` the rest.
  ///
  /// - Returns: Whether all of it is one spot of the -wal file, which is as long as before.
  static func apply(_ source: inout ByteSource, database: inout [UInt8], wal: inout [UInt8]) -> Bool {
    let selector = source.byte() % 3
    if selector == 2 {
      // Something else entirely.
      let body = source.rest()
      if body.first.map({ $0 & 1 == 0 }) ?? false { wal = body } else { database = body }
      return false
    }
    let length = wal.count
    var changes = 0
    while !source.isEmpty {
      if selector == 0 { change(&source, &database) } else { change(&source, &wal) }
      changes += 1
    }
    return selector == 1 && changes == 1 && wal.count == length
  }

  private static func change(_ source: inout ByteSource, _ file: inout [UInt8]) {
    guard !file.isEmpty else {
      _ = source.byte()
      return
    }
    let kind = source.byte() % 5
    // Any place, and the start of pages more often.
    let place = (Int(source.byte()) << 8 | Int(source.byte())) * file.count >> 16
    switch kind {
    case 0: file[place] ^= source.byte() | 1
    case 1:
      let bytes = source.take(source.below(9))
      for (offset, byte) in bytes.enumerated() where place + offset < file.count {
        file[place + offset] = byte
      }
    case 2: file.removeSubrange(place...)
    case 3:
      let end = min(file.count, place + Int(source.byte()) * 16)
      for offset in place..<end { file[offset] = 0 }
    default:
      // A page, or a frame of the -wal file, from elsewhere: a misdirected write.
      let from = place / 4_096 * 4_096
      let to = source.below(max(1, file.count / 4_096)) * 4_096
      for offset in 0..<4_096 where from + offset < file.count && to + offset < file.count {
        file[to + offset] = file[from + offset]
      }
    }
  }
}

/// A directory in memory, if the machine has one, that is removed with it.
final class ScratchDirectory {
  let path: String

  init() {
    let root = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
    path = root + "kvorum-fuzz-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to file: String) throws {
    try Data(bytes).write(to: URL(filePath: file))
  }

  func read(_ file: String) -> [UInt8] {
    (try? Data(contentsOf: URL(filePath: file))).map { [UInt8]($0) } ?? []
  }
}

/// Runs something that a damaged file may make impossible, but only with an error that names the file.
func refusing(_ path: String, _ body: () throws -> Void) throws {
  do { try body() } catch let error as StorageError {
    try expect(error.description.contains(path), "an error does not name the file: \(error)")
  } catch let error as Violation {
    throw error
  } catch {
    throw Violation("an error is no StorageError: \(error)")
  }
}
