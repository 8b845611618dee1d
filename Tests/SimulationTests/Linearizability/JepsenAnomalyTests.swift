import Simulation
import Testing

/// The anomalies that Knossos and Jepsen have found in real databases, as small histories of our own: Kingsbury's
/// analyses of etcd and Consul (2014, stale reads), MongoDB (2013, 2015: lost and dirty writes), Elasticsearch (2014,
/// split brain), etcd 3.4.3 (2020, locks) and Redis-Raft (2020: stale reads, lost and aborted updates after failovers).
struct JepsenAnomalyTests {
  private func holds(_ history: [ClientOperation<Register>]) -> Bool? { linearizable(history, Register()) }

  @Test func staleReadFromADeposedLeaderIsFound() {
    #expect(
      holds([
        .op(1, 1...2, .put(1), .done), .op(2, 3...4, .put(2), .done), .op(3, 5...6, .get, .value(2)),
        .op(4, 7...8, .get, .value(1)),
      ]) == false)
  }

  @Test func lostUpdateIsFound() {
    #expect(
      holds([
        .op(1, 1...2, .put(1), .done), .op(2, 3...6, .compareAndSet(from: 1, to: 2), .flag(true)),
        .op(3, 4...7, .compareAndSet(from: 1, to: 3), .flag(true)),
      ]) == false)
    #expect(
      holds([
        .op(1, 1...2, .put(1), .done), .op(2, 3...6, .compareAndSet(from: 1, to: 2), .flag(true)),
        .op(3, 4...7, .compareAndSet(from: 1, to: 3), .flag(false)),
      ]) == true)
  }

  @Test func dirtyReadOfARefusedWriteIsFound() {
    // The write of 9 was refused, so it is not in the history; somebody saw it.
    #expect(
      holds([
        .op(1, 1...2, .put(1), .done), .op(2, 3...4, .get, .value(9)), .op(2, 5...6, .get, .value(1)),
      ]) == false)
  }

  @Test func abortedReadOfAFailedCompareAndSetIsFound() {
    #expect(
      holds([
        .op(1, 1...2, .put(1), .done), .op(2, 3...4, .compareAndSet(from: 5, to: 6), .flag(false)),
        .op(3, 5...6, .get, .value(6)),
      ]) == false)
  }

  @Test func compareAndSetThatFailedForNoReasonIsFound() {
    #expect(
      holds([.op(1, 1...2, .put(1), .done), .op(2, 3...4, .compareAndSet(from: 1, to: 6), .flag(false))])
        == false)
  }

  @Test func splitBrainIsFound() {
    // Two sides take writes and each reads its own.
    #expect(
      holds([
        .op(1, 1...2, .put(1), .done), .op(2, 1...2, .put(2), .done),
        .op(1, 3...4, .get, .value(1)), .op(2, 3...4, .get, .value(2)),
        .op(1, 5...6, .get, .value(1)), .op(2, 5...6, .get, .value(2)),
      ]) == false)
  }

  @Test func acknowledgedWriteLostInAFailoverIsFound() {
    #expect(
      holds([
        .op(1, 1...2, .put(1), .done), .op(1, 3...4, .put(2), .done),
        // The new leader lacks the last entry.
        .op(2, 10...11, .get, .value(1)),
      ]) == false)
  }

  @Test func lockTakenTwiceIsFound() {
    #expect(
      holds([
        .op(1, 1...2, .putIfAbsent(1), .flag(true)), .op(2, 3...4, .putIfAbsent(2), .flag(true)),
      ]) == false)
    #expect(
      holds([
        .op(1, 1...2, .putIfAbsent(1), .flag(true)), .op(1, 3...6, .delete, .flag(true)),
        .op(2, 4...5, .putIfAbsent(2), .flag(true)),
      ]) == true)
  }

  @Test func lostIncrementIsFound() {
    let both: [ClientOperation<CounterModel>] = [
      .op(1, 1...4, .increment(by: 1), .value(1)), .op(2, 2...5, .increment(by: 1), .value(1)),
    ]
    #expect(linearizable(both, CounterModel()) == false)
    let one: [ClientOperation<CounterModel>] = [
      .op(1, 1...4, .increment(by: 1), .value(2)), .op(2, 2...5, .increment(by: 1), .value(1)),
      .op(3, 6...7, .get, .value(2)),
    ]
    #expect(linearizable(one, CounterModel()) == true)
  }

  @Test func appendsThatWereLostReorderedOrDoubledAreFound() {
    func holds(_ seen: [String]) -> Bool? {
      linearizable(
        [
          .op(1, 1...2, .append(["a"]), .length(1)), .op(2, 3...4, .append(["b"]), .length(2)),
          .op(3, 5...6, .get, .content(seen)),
        ] as [ClientOperation<Text>], Text())
    }
    #expect(holds(["a", "b"]) == true)
    #expect(holds(["a"]) == false)
    #expect(holds(["b", "a"]) == false)
    #expect(holds(["a", "b", "b"]) == false)
  }

  @Test func readersThatSeeAppendsInTwoOrdersAreFound() {
    let history: [ClientOperation<Text>] = [
      .op(1, 1...10, .append(["a"]), .done), .op(2, 1...10, .append(["b"]), .done),
      .op(3, 2...3, .get, .content(["a"])), .op(4, 2...4, .get, .content(["b"])),
    ]
    #expect(linearizable(history, Text()) == false)
  }

  @Test func halfOfAMultiKeyWriteIsFound() {
    func holds(_ seen: [Int?]) -> Bool? {
      linearizable(
        [
          .op(1, 1...2, .write([.init("x", 1), .init("y", 1)]), .done),
          .op(1, 3...6, .write([.init("x", 2), .init("y", 2)]), .done),
          .op(2, 4...5, .read(["x", "y"]), .values(seen)),
        ] as [ClientOperation<Keys>], Keys())
    }
    #expect(holds([1, 1]) == true)
    #expect(holds([2, 2]) == true)
    #expect(holds([2, 1]) == false)
    #expect(holds([1, 2]) == false)
  }

  @Test func writeSkewBetweenKeysThatAreReadTogetherIsFound() {
    // Each key alone is fine: partition by single keys would miss it (a long fork).
    let history: [ClientOperation<Keys>] = [
      .op(1, 1...10, .write([.init("x", 1)]), .done), .op(2, 1...10, .write([.init("y", 1)]), .done),
      .op(3, 2...5, .read(["x", "y"]), .values([1, nil])),
      .op(4, 2...5, .read(["x", "y"]), .values([nil, 1])),
    ]
    #expect(linearizable(history, Keys()) == false)
  }
}
