import Simulation
import Testing

/// Histories of one register from the literature, named at each.
struct RegisterHistoryTests {
  private func holds(_ history: [ClientOperation<Register>], initial: Int? = nil) -> Bool? {
    linearizable(history, Register(initial: initial))
  }

  @Test func emptyHistoryIsLinearizable() { #expect(holds([]) == true) }

  // MARK: Herlihy, Shavit: The Art of Multiprocessor Programming, chapter 3

  @Test func readNeverSeesAMixtureOfTwoWrites() {
    #expect(
      holds([.op(1, 1...4, .put(7), .done), .op(2, 2...3, .put(-3), .done), .op(1, 5...6, .get, .value(-7))])
        == false)
  }

  @Test func eitherOfTwoOverlappingWritesMayBeTheLast() {
    for last in [7, -3] {
      #expect(
        holds([
          .op(1, 1...4, .put(7), .done), .op(2, 2...3, .put(-3), .done), .op(1, 5...6, .get, .value(last)),
        ]) == true)
    }
  }

  @Test func sequentialConsistencyIsNotEnough() {
    // Each client alone sees a plausible order, but not the order in time.
    #expect(
      holds([.op(1, 1...2, .put(7), .done), .op(2, 3...4, .put(-3), .done), .op(1, 5...6, .get, .value(7))])
        == false)
  }

  @Test func valueSeenOnceIsNotUnseenAfterwards() {
    // write(0), then write(1) for a long time: read 1, and after it read 0.
    #expect(
      holds([
        .op(1, 1...2, .put(0), .done), .op(1, 3...10, .put(1), .done), .op(2, 4...5, .get, .value(1)),
        .op(3, 6...7, .get, .value(0)),
      ]) == false)
    #expect(
      holds([
        .op(1, 1...2, .put(0), .done), .op(1, 3...10, .put(1), .done), .op(2, 4...5, .get, .value(0)),
        .op(3, 6...7, .get, .value(1)),
      ]) == true)
  }

  @Test func readersThatAgreeFixTheOrderOfOverlappingWrites() {
    let writes: [ClientOperation<Register>] = [
      .op(1, 1...10, .put(1), .done), .op(2, 1...10, .put(2), .done),
    ]
    #expect(holds(writes + [.op(3, 2...3, .get, .value(1)), .op(4, 4...5, .get, .value(2))]) == true)
    #expect(
      holds(
        writes + [
          .op(3, 2...3, .get, .value(1)), .op(4, 4...5, .get, .value(2)), .op(3, 6...7, .get, .value(1)),
        ]) == false)
  }

  // MARK: Lamport: On interprocess communication (1986): regular, but not atomic

  @Test func newOldInversionOfARegularRegisterIsRefused() {
    #expect(
      holds(
        [.op(1, 1...9, .put(6), .done), .op(2, 2...3, .get, .value(6)), .op(2, 4...5, .get, .value(5))],
        initial: 5) == false)
  }

  // MARK: MIT 6.824, quiz 2 of 2017, section VII; also Porcupine's first test

  @Test func overlappingReadsMaySeeBothSidesOfAWrite() {
    #expect(
      holds(
        [
          .op(0, 0...100, .put(100), .done), .op(1, 25...75, .get, .value(100)),
          .op(2, 30...60, .get, .value(0)),
        ], initial: 0) == true)
  }

  @Test func laterReadMayNotSeeTheOlderSideOfAWrite() {
    #expect(
      holds(
        [
          .op(0, 0...100, .put(200), .done), .op(1, 10...30, .get, .value(200)),
          .op(2, 40...90, .get, .value(0)),
        ], initial: 0) == false)
  }

  // MARK: Corners

  @Test func operationsThatTouchInTimeOverlap() {
    #expect(holds([.op(1, 1...2, .put(1), .done), .op(2, 2...3, .get, .value(nil))]) == true)
    #expect(holds([.op(1, 1...2, .put(1), .done), .op(2, 3...3, .get, .value(nil))]) == false)
  }

  @Test func readNeverSeesWhatNobodyWrote() {
    #expect(holds([.op(1, 1...2, .put(1), .done), .op(2, 3...4, .get, .value(3))]) == false)
  }

  @Test func readNeverSeesTheFuture() {
    #expect(holds([.op(2, 1...2, .get, .value(1)), .op(1, 3...4, .put(1), .done)]) == false)
  }

  @Test func orderInTheListDoesNotMatter() {
    #expect(holds([.op(2, 3...4, .get, .value(1)), .op(1, 1...2, .put(1), .done)]) == true)
    #expect(holds([.op(2, 3...4, .get, .value(nil)), .op(1, 1...2, .put(1), .done)]) == false)
  }

  @Test func readThatOverlapsAHundredWritesMaySeeAnyOfThem() {
    let writes: [ClientOperation<Register>] = (0..<100).map { number in
      .op(1, Int64(10 + 2 * number)...Int64(11 + 2 * number), .put(number), .done)
    }
    for seen in [0, 63, 64, 65, 99] { #expect(holds([.op(2, 1...500, .get, .value(seen))] + writes) == true) }
    #expect(holds([.op(2, 1...500, .get, .value(100))] + writes) == false)
    #expect(holds([.op(2, 20...500, .get, .value(4))] + writes) == true)
    #expect(holds([.op(2, 20...500, .get, .value(3))] + writes) == false)
  }
}
