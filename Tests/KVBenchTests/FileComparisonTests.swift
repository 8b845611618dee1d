import Foundation
import Replication
import SQLite
import Storage
import Testing

@testable import kvbench

@Suite final class FileComparisonTests {
  private let home = NSTemporaryDirectory() + "kvbench-test-\(UUID().uuidString)"

  deinit { try? FileManager.default.removeItem(atPath: home) }

  /// Writes a node's files with these values of one key.
  private func makeNode(_ name: String, _ values: [String]) throws -> NodeFiles {
    let directory = home + "/" + name
    let identity = NodeIdentity(
      id: NodeID(UInt64(name.utf8.first!)), name: name, role: .slave, listenAddress: nil, createdAt: 0)
    let epoch = Epoch(round: 1, master: NodeID(1))
    let entries = values.enumerated().map { place, value in
      Entry(
        index: LogIndex(place + 1), epoch: epoch, time: 0,
        payload: .mutations([.put(Array("key".utf8), Array(value.utf8))]))
    }
    let last = LogIndex(values.count)
    try LogStore.open(directory: directory) { identity }
      .write([LogWrite(ticket: 1, entries: entries, commit: last)])
    try ReplicaWriter.open(directory: directory, node: identity.id).apply(entries)
    return NodeFiles(name: name, directory: directory)
  }

  private func tamper(_ node: NodeFiles, _ sql: String) throws {
    try SQLiteConnection(path: DataDirectory.replica(in: node.directory), mode: .readWrite).execute(sql)
  }

  @Test func equalNodesHaveNoFaults() throws {
    let nodes = [try makeNode("a", ["1", "2"]), try makeNode("b", ["1", "2"])]
    let comparison = FileComparison(nodes)
    #expect(comparison.faults == [])
    #expect(comparison.commonIndex == 2 && comparison.keys == 1 && comparison.checksum != 0)
  }

  @Test func logsThatDifferAreFound() throws {
    let comparison = FileComparison([try makeNode("a", ["1", "2"]), try makeNode("b", ["1", "3"])])
    #expect(comparison.faults.contains { $0.contains("the logs differ") })
  }

  @Test func aReplicaThatIsNotWhatItsLogMakesIsFound() throws {
    let nodes = [try makeNode("a", ["1", "2"]), try makeNode("b", ["1", "2"])]
    try tamper(nodes[1], "UPDATE kv SET value = 'x'")
    let faults = FileComparison(nodes).faults
    #expect(faults.contains { $0.contains("the replica of b is not what its log makes") })
    #expect(faults.contains { $0.contains("the replicas of b and a differ") })
  }

  @Test func anAppliedIndexBeyondTheLogIsFound() throws {
    let nodes = [try makeNode("a", ["1", "2"]), try makeNode("b", ["1", "2"])]
    try tamper(nodes[1], "UPDATE meta SET applied_index = 3")
    #expect(FileComparison(nodes).faults.contains { $0.contains("has applied entry 3") })
  }

  @Test func anEntryThatWasChangedIsFound() throws {
    let node = try makeNode("a", ["1", "2"])
    try SQLiteConnection(path: DataDirectory.log(in: node.directory), mode: .readWrite)
      .execute(#"UPDATE log SET value = 'x' WHERE "index" = 1"#)
    #expect(FileComparison([node]).faults.contains { $0.contains("checksum") })
  }
}
