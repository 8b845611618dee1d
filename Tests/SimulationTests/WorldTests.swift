import Replication
import Testing

@testable import Simulation

private let epoch = Epoch(round: 1, master: NodeID(9))

private func write(_ ticket: UInt64, _ indexes: ClosedRange<LogIndex>, truncateFrom: LogIndex? = nil)
  -> LogWrite
{
  LogWrite(
    ticket: ticket, truncateFrom: truncateFrom,
    entries: indexes.map { Entry(index: $0, epoch: epoch, time: Int64(ticket), payload: .noop) })
}

private func values(_ indexes: ClosedRange<LogIndex>) -> LogWrite {
  LogWrite(
    ticket: 1,
    entries: indexes.map {
      Entry(index: $0, epoch: epoch, time: 0, payload: .mutations([.put([1], [7])]))
    })
}

/// A disk that holds these entries, each of a value.
private func synced(_ indexes: ClosedRange<LogIndex>) -> FakeDisk {
  var disk = FakeDisk()
  disk.submit(values(indexes))
  _ = disk.startSync()
  _ = disk.finishSync()
  return disk
}

struct WorldTests {
  @Test func queueGivesElementsByTimeAndThenInTheirOrder() {
    var queue = EventQueue<Int>()
    var random = SplitMix64(seed: 3)
    var expected: [(time: Int64, number: Int)] = []
    for number in 0..<500 {
      let time = Int64(random.next() % 50)
      queue.push(number, at: time)
      expected.append((time, number))
    }
    expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
    for item in expected {
      let next = queue.pop()
      #expect(next?.time == item.time)
      #expect(next?.element == item.number)
    }
    #expect(queue.isEmpty)
  }

  @Test(arguments: [-45_000, -100, 0, 7, 45_000, 300_000] as [Int64])
  func timerNeverFiresBeforeItsClockHasReachedTheDeadline(drift: Int64) {
    let clock = NodeClock(offset: 123_456_789, drift: drift)
    var random = SplitMix64(seed: 8)
    for _ in 0..<200 {
      let now = Int64(random.next() % 60_000_000_000)
      let deadline = clock.local(at: now) + Int64(random.next() % 3_000_000_000)
      let time = clock.time(of: deadline)
      #expect(clock.local(at: time) >= deadline)
      #expect(clock.local(at: time) - deadline < 1_000_000)
    }
  }

  @Test func crashDropsWhatWasNotFsynced() throws {
    var disk = FakeDisk()
    disk.submit(write(1, 1...2))
    _ = disk.startSync()
    _ = disk.finishSync()
    disk.submit(write(2, 3...3))
    #expect(disk.written.entries.count == 3)
    disk.crash(syncReachedDisk: false)
    #expect(try disk.recovered().lastIndex == 2)
    #expect(try disk.recovered().reigns == [Reign(first: 1, epoch: epoch)])
  }

  @Test func fsyncUnderWayIsKeptAsAWholeOrNotAtAll() throws {
    for reached in [true, false] {
      var disk = FakeDisk()
      disk.submit(write(1, 1...1))
      disk.submit(write(2, 2...4))
      _ = disk.startSync()
      disk.submit(write(3, 5...5))
      disk.crash(syncReachedDisk: reached)
      #expect(try disk.recovered().lastIndex == (reached ? 4 : 0))
    }
  }

  @Test func writesThatWaitShareOneFsyncInTheirOrder() {
    var disk = FakeDisk()
    disk.submit(write(1, 1...1))
    _ = disk.startSync()
    disk.submit(write(2, 2...3))
    disk.submit(write(3, 2...2, truncateFrom: 2))
    let second = disk.startSync()
    #expect(!second)
    var finished = [disk.finishSync().map(\.ticket)]
    _ = disk.startSync()
    finished.append(disk.finishSync().map(\.ticket))
    #expect(finished == [[1], [2, 3]])
    #expect(disk.durable.entries.map(\.time) == [1, 3])
  }

  @Test func damagedEntryIsNeitherReadNorStartedFrom() throws {
    var disk = synced(1...200)
    disk.rot(at: 150, bit: 3)
    #expect(disk.durable.entry(at: 150) != disk.durable.entry(at: 151))
    #expect(throws: FakeDisk.Damage.self) { try disk.entries(from: 149, limitBytes: 1_000) }
    #expect(try disk.entries(from: 151, limitBytes: 1_000).isEmpty == false)
    #expect(throws: FakeDisk.Damage.self) { try disk.recovered() }
  }

  @Test func damageInTheOldPartOfALogShowsOnlyWhenItIsRead() throws {
    var disk = synced(1...200)
    for entry in disk.durable.entries { disk.replica.apply(entry) }
    disk.rot(at: 20, bit: 3)
    #expect(try disk.recovered().lastIndex == 200)
    #expect(throws: FakeDisk.Damage.self) { try disk.entries(from: 1, limitBytes: 100_000) }
    disk.rot(at: 180, bit: 3)
    #expect(throws: FakeDisk.Damage.self) { try disk.recovered() }
  }

  @Test func damageIsCutWithItsEntry() throws {
    var disk = synced(1...4)
    disk.rot(at: 3, bit: 9)
    disk.submit(write(2, 3...3, truncateFrom: 3))
    _ = disk.startSync()
    _ = disk.finishSync()
    #expect(try disk.recovered().lastIndex == 3)
  }

  @Test func replicasWithEqualContentsHaveEqualDigests() {
    func entry(_ index: LogIndex, _ mutations: Mutation...) -> Entry {
      Entry(index: index, epoch: epoch, time: 0, payload: .mutations(mutations))
    }
    var a = Replica()
    var b = Replica()
    a.apply(entry(1, .put([1], [1]), .put([2], [2])))
    b.apply(entry(1, .put([2], [2])))
    #expect(a.digest != b.digest)
    b = Replica()
    b.apply(entry(1, .put([2], [2]), .put([1], [1])))
    #expect(a.digest == b.digest)
    a.apply(entry(2, .delete([1])))
    #expect(a.digest != b.digest)
  }
}
