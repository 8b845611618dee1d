import Testing

@testable import Replication

@Suite struct LogViewTests {
  private func view(_ entries: [Entry]) -> LogView {
    var view = LogView(RecoveredState())
    for entry in entries { view.append(entry) }
    return view
  }

  @Test func `an empty log ends before the first entry`() {
    let view = view([])
    #expect(view.last == .zero)
    #expect(view.epoch(at: 0) == .zero)
    #expect(view.epoch(at: 1) == nil)
    #expect(view.reignStart(of: 0) == 0)
    #expect(view.entries(from: 1, limitBytes: 100, limitCount: 10) == [])
  }

  @Test func `it knows the epoch of every entry and where its reign began`() {
    var entries: [Entry] = []
    let epochs = [1, 1, 3, 4, 4, 4, 9] as [UInt64]
    for (offset, round) in epochs.enumerated() { entries.append(put(LogIndex(offset) + 1, epoch(round))) }
    let view = view(entries)
    for (offset, round) in epochs.enumerated() {
      let index = LogIndex(offset) + 1
      #expect(view.epoch(at: index) == epoch(round))
      #expect(view.reignStart(of: index) == LogIndex(epochs.firstIndex(of: round)!) + 1)
      #expect(view.position(at: index) == position(round, index))
    }
    #expect(view.epoch(at: 8) == nil)
    #expect(view.last == position(9, 7))
  }

  @Test
  func `cutting takes entries, reigns and configurations away and puts the older configuration in force`() {
    let old = configuration(members(slaves: 1))
    let new = configuration(members(slaves: 2))
    var view = view([
      configured(1, epoch(1), old), put(2, epoch(1)), configured(3, epoch(2), new), put(4, epoch(2)),
    ])
    #expect(view.configuration == new)
    #expect(view.configurationIndex == 3)
    view.truncate(from: 4)
    #expect(view.configuration == new)
    view.truncate(from: 3)
    #expect(view.configuration == old)
    #expect(view.configurationIndex == 1)
    #expect(view.last == position(1, 2))
    #expect(view.epoch(at: 3) == nil)
    view.append(put(3, epoch(5)))
    #expect(view.last == position(5, 3))
    view.truncate(from: 1)
    #expect(view.last == .zero)
    #expect(view.configuration == nil)
  }

  @Test func `only applied entries leave memory, the oldest first, and only above the limit`() {
    let entries = (1...10 as ClosedRange<LogIndex>).map {
      put($0, epoch(1), String(repeating: "x", count: 100))
    }
    var view = view(entries)
    let size = entries[0].approximateSize
    view.evict(applied: 10, limitBytes: size * 100)
    #expect(view.firstRecent == 1)
    view.evict(applied: 3, limitBytes: 0)
    #expect(view.firstRecent == 4)
    view.evict(applied: 10, limitBytes: size * 4 + 1)
    #expect(view.firstRecent == 7)
    #expect(view.entries(from: 6, limitBytes: .max, limitCount: 10) == nil)
    #expect(view.entries(from: 7, limitBytes: .max, limitCount: 10) == Array(entries[6...]))
    #expect(view.epoch(at: 2) == epoch(1))
  }

  @Test func `entries keep to both limits but are never none while there is one`() {
    let entries = (1...10 as ClosedRange<LogIndex>).map {
      put($0, epoch(1), String(repeating: "x", count: 100))
    }
    let view = view(entries)
    let size = entries[0].approximateSize
    #expect(view.entries(from: 2, limitBytes: 1, limitCount: 10)?.map(\.index) == [2])
    #expect(view.entries(from: 2, limitBytes: size * 3, limitCount: 10)?.map(\.index) == [2, 3, 4])
    #expect(view.entries(from: 2, limitBytes: .max, limitCount: 2)?.map(\.index) == [2, 3])
    #expect(view.entries(from: 11, limitBytes: .max, limitCount: 2) == [])
  }

  @Test func `a recovered log goes on where the disk left off`() {
    let entries = [
      configured(1, epoch(1), configuration(members(slaves: 1))), put(2, epoch(1)), put(3, epoch(2)),
    ]
    let view = LogView(
      RecoveredState(entries: entries, hard: HardState(), commit: 2, applied: 2))
    #expect(view.last == position(2, 3))
    #expect(view.firstRecent == 3)
    #expect(view.configurationIndex == 1)
    #expect(view.epoch(at: 1) == epoch(1))
  }
}
