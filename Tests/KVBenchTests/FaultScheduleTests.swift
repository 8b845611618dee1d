import Testing

@testable import kvbench

@Suite struct FaultScheduleTests {
  private func episodes(
    _ seed: UInt64, _ kinds: Set<FaultKind> = Set(FaultKind.allCases), onlyKills: Bool = false,
    count: Int = 400
  ) -> [FaultSchedule.Episode] {
    var schedule = FaultSchedule(
      seed: seed, kinds: kinds, slaves: 3, smallDisks: 2, onlyKillsOfActive: onlyKills)
    return (0..<count).map { _ in schedule.next() }
  }

  @Test func aSeedDrawsTheSameFaultsAgain() {
    #expect(episodes(1) == episodes(1))
    #expect(episodes(1) != episodes(2))
  }

  @Test func everyKindComesAndNoOther() {
    let all = Set(episodes(3).flatMap { $0.faults.map(\.fault.kind) })
    #expect(all == Set(FaultKind.allCases))
    let some = Set(episodes(3, [.kill, .stop]).flatMap { $0.faults.map(\.fault.kind) })
    #expect(some == [.kill, .stop])
  }

  @Test func neverIsASecondDiskLostBeforeTheFirstIsRefilled() {
    for episode in episodes(4, count: 3_000) {
      let losses = episode.faults.count { $0.fault.kind == .diskLoss }
      #expect(losses == 0 || (losses == 1 && episode.waitsUntilWhole))
    }
  }

  @Test func killsAloneAreKillsOfTheActiveMaster() {
    for episode in episodes(5, [.kill], onlyKills: true) {
      #expect(episode.faults.count == 1 && episode.faults[0].fault.deposesActive)
    }
  }
}
