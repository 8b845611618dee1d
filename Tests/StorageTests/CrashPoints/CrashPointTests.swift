import Replication
import SimulatedFiles
import Storage
import Testing

@Suite struct CrashPointTests {
  @Test(arguments: StorageOperation.all)
  func `no crash point loses or halves what was acknowledged`(_ operation: StorageOperation) throws {
    let walk = CrashWalk(operation)
    let points = try walk.crashes()
    #expect(walk.findings.isEmpty)
    #expect(points >= operation.leastPoints * CrashWalk.Sequel.all.count)
  }

  @Test(arguments: StorageOperation.all)
  func `a disk that fails stops the store, and the next start finds all`(
    _ operation: StorageOperation
  ) throws {
    let walk = CrashWalk(operation)
    let points = try walk.diskErrors()
    #expect(walk.findings.isEmpty)
    #expect(points >= operation.leastPoints * 3)
  }

  @Test(arguments: [
    (Mutant.acknowledgeBeforeFsync, "append"), (.acknowledgeBeforeFsync, "a promise"),
    (.acknowledgeBeforeFsync, "checkpoint of the replica"), (.appliedIndexOutsideTransaction, "apply"),
    (.trimBeforeReplicaFsync, "trim"),
    (.snapshotDropsLongerLog, "installation over a log that holds it"),
    (.snapshotKeepsOtherLog, "installation over another tail"),
  ])
  func `a fault planted in the storage is found`(_ mutant: Mutant, _ name: String) throws {
    let operation = try #require(StorageOperation.all.first { $0.name == name })
    let walk = CrashWalk(operation)
    try Mutant.planting(mutant) { _ = try walk.crashes() }
    #expect(!walk.findings.isEmpty)
  }
}
