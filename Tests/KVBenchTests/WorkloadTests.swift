import Replication
import Testing

@testable import kvbench

@Suite struct WorkloadTests {
  /// Runs a workload on a store and gives what is found wrong.
  private func findings(_ workload: any Workload, _ store: LyingStore) async -> [String] {
    let tally = Tally()
    await withDiscardingTaskGroup { group in
      for client in 0..<5 {
        group.addTask {
          var random = SplitMix64(seed: UInt64(client))
          for _ in 0..<400 { await workload.step(store, &random, tally) }
        }
      }
    }
    let invoked = Moment.now()
    var values: [String: String] = [:]
    for key in workload.keys { values[key] = store.value(of: key) }
    workload.conclude(values, invoked: invoked, returned: Moment.now())
    #expect(tally.total.acknowledged > 1_500)
    return tally.violations + workload.check().map(\.text)
  }

  private func workloads() -> [any Workload] {
    [RegisterWorkload(), CounterWorkload(), AppendWorkload(), TransferWorkload()]
  }

  @Test func aStoreThatKeepsItsPromisesIsFoundWithoutFault() async {
    for workload in workloads() {
      let found = await findings(workload, LyingStore(.none))
      #expect(found.isEmpty, "\(workload.name): \(found.first ?? "")")
    }
  }

  @Test func everyWorkloadFindsALostWrite() async {
    for workload in workloads() {
      let store = LyingStore(.losesWrite)
      let found = await findings(workload, store)
      #expect(store.lies > 0 && !found.isEmpty, "\(workload.name)")
    }
  }

  @Test func readsOfThePastAreFound() async {
    for workload in workloads() where workload.name != "transfer" {
      let store = LyingStore(.readsThePast)
      let found = await findings(workload, store)
      #expect(store.lies > 0 && !found.isEmpty, "\(workload.name)")
    }
  }

  @Test func aWriteThatWasRefusedAndDoneIsFound() async {
    for workload in workloads() {
      let store = LyingStore(.writesWhatItRefuses)
      let found = await findings(workload, store)
      #expect(store.lies > 0 && !found.isEmpty, "\(workload.name)")
    }
  }

  @Test func anUpdateThatWasDoneTwiceIsFound() async {
    for workload in [CounterWorkload(), AppendWorkload()] as [any Workload] {
      let store = LyingStore(.writesTwice)
      let found = await findings(workload, store)
      #expect(store.lies > 0 && !found.isEmpty, "\(workload.name)")
    }
  }

  @Test func halfATransferIsFound() async {
    let store = LyingStore(.tearsTransfer)
    let found = await findings(TransferWorkload(), store)
    #expect(store.lies > 0 && !found.isEmpty)
  }

  @Test func aPairOfAccountsIsWholeOrTorn() {
    #expect(TransferWorkload.transfer(nil, nil) == .none)
    #expect(TransferWorkload.transfer("7 400", "7 600") == .number(7))
    #expect(TransferWorkload.transfer("7 400", "8 600") == .torn)
    #expect(TransferWorkload.transfer("7 400", "7 500") == .torn)
    #expect(TransferWorkload.transfer("7 1000", nil) == .torn)
  }
}
