import Replication
import Storage

enum ReplicaFileTarget {
  private struct Fixture: Sendable {
    var database: [UInt8]
    var wal: [UInt8]
  }

  private static let fixture: Result<Fixture, any Error> = Result {
    let directory = ScratchDirectory()
    let path = DataDirectory.replica(in: directory.path)
    let writer = try ReplicaWriter.open(directory: directory.path, node: NodeID(3))
    let configuration = Entry(
      index: 1, epoch: SampleFrames.first, time: 0, payload: .configuration(SampleFrames.configuration))
    try writer.apply([configuration] + puts(2...120, size: 30) + puts(121...122, size: 9_000))
    try writer.checkpoint()
    for index: LogIndex in 123...135 { try writer.apply(puts(index...index, size: 50)) }
    return Fixture(database: directory.read(path), wal: directory.read(path + "-wal"))
  }

  private static func puts(_ range: ClosedRange<LogIndex>, size: Int) -> [Entry] {
    range.map { index in
      Entry(
        index: index, epoch: SampleFrames.first, time: 0,
        payload: .mutations([
          .put(
            index % 3 == 0 ? [0xFF, UInt8(truncatingIfNeeded: index)] : Array("key:\(index)".utf8),
            [UInt8](repeating: 7, count: size))
        ]))
    }
  }

  static func run(_ input: [UInt8]) throws {
    let fixture = try fixture.get()
    var source = ByteSource(input)
    let directory = ScratchDirectory()
    let path = DataDirectory.replica(in: directory.path)
    var (database, wal) = (fixture.database, fixture.wal)
    _ = FileDamage.apply(&source, database: &database, wal: &wal)
    try directory.write(database, to: path)
    try directory.write(wal, to: path + "-wal")
    try refusing(path) { try read(ReplicaReader(directory: directory.path)) }
    try refusing(path) {
      let writer = try ReplicaWriter.open(directory: directory.path, node: NodeID(3))
      let next = writer.applied &+ 1
      guard next > 0, next < 1 << 62 else { return }
      let gone = Entry(
        index: next &+ 1, epoch: SampleFrames.first, time: 0,
        payload: .mutations([
          .delete(Array("key:4".utf8)), .delete([0xFF, 9]), .put(Array("key:5".utf8), [1]),
        ]))
      try writer.apply(puts(next...next, size: 9_000) + [gone])
      try writer.checkpoint()
      try read(ReplicaReader(directory: directory.path))
    }
  }

  private static func read(_ reader: ReplicaReader) throws {
    _ = try reader.count()
    try reader.snapshot { reader in
      _ = try reader.appliedIndex()
      for index in [2, 3, 60, 121, 130] {
        _ = try reader.value(for: Array("key:\(index)".utf8))
        _ = try reader.valueAndAppliedIndex(for: [0xFF, UInt8(index)])
      }
      var after: [UInt8]?
      for _ in 0..<64 {
        let keys = try reader.keys(after: after, limit: 16)
        guard let last = keys.last else { return }
        after = last.key
      }
    }
  }
}
