import Simulation
import Testing

/// Herlihy, Wing: Linearizability: a correctness condition for concurrent objects (1990), figure 1, and the queue
/// histories of Wing, Gong: Testing and verifying concurrent objects (1993). A, B and C are clients 1, 2 and 3.
struct QueueHistoryTests {
  private func holds(_ history: [ClientOperation<Queue>]) -> Bool? { linearizable(history, Queue()) }

  @Test func h1OverlappingEnqueuesMayTakeEffectInEitherOrder() {
    #expect(
      holds([
        .op(1, 1...4, .enqueue("x"), .done), .op(2, 2...3, .enqueue("y"), .done),
        .op(2, 5...7, .dequeue, .value("x")), .op(1, 6...8, .dequeue, .value("y")),
        .lost(1, 9, .enqueue("z")),
      ]) == true)
    #expect(
      holds([
        .op(1, 1...4, .enqueue("x"), .done), .op(2, 2...3, .enqueue("y"), .done),
        .op(2, 5...7, .dequeue, .value("y")), .op(1, 6...8, .dequeue, .value("x")),
      ]) == true)
  }

  @Test func h2WhatWasEnqueuedFirstIsNotOvertaken() {
    #expect(
      holds([
        .op(1, 1...2, .enqueue("x"), .done), .op(2, 3...4, .enqueue("y"), .done),
        .op(1, 5...6, .dequeue, .value("y")),
      ]) == false)
  }

  @Test func h3ItemMayBeTakenBeforeItsEnqueueReturns() {
    #expect(
      holds([.op(1, 1...4, .enqueue("x"), .done), .op(2, 2...3, .dequeue, .value("x"))]) == true)
    #expect(
      holds([.lost(1, 1, .enqueue("x")), .op(2, 2...3, .dequeue, .value("x"))]) == true)
  }

  @Test func h4ItemIsNotTakenTwice() {
    #expect(
      holds([
        .op(1, 1...4, .enqueue("x"), .done), .op(2, 2...3, .enqueue("y"), .done),
        .op(1, 5...8, .dequeue, .value("y")), .op(3, 6...7, .dequeue, .value("y")),
      ]) == false)
  }

  @Test func itemIsNotTakenBeforeItWasEnqueued() {
    #expect(
      holds([.op(1, 1...2, .dequeue, .value("x")), .op(2, 3...4, .enqueue("x"), .done)]) == false)
  }

  @Test func queueIsEmptyOnlyWhileNothingIsInIt() {
    #expect(
      holds([.op(1, 1...2, .enqueue("x"), .done), .op(2, 3...4, .dequeue, .value(nil))]) == false)
    #expect(
      holds([.op(1, 1...4, .enqueue("x"), .done), .op(2, 2...3, .dequeue, .value(nil))]) == true)
  }

  @Test func ordersThatOnlyThreeClientsTogetherContradictAreFound() {
    // x before y by one client's view, y before z by another's, z before x in time.
    #expect(
      holds([
        .op(3, 1...2, .enqueue("z"), .done), .op(1, 3...6, .enqueue("x"), .done),
        .op(2, 4...5, .enqueue("y"), .done), .op(1, 7...8, .dequeue, .value("x")),
        .op(2, 9...10, .dequeue, .value("y")), .op(3, 11...12, .dequeue, .value("z")),
      ]) == false)
    #expect(
      holds([
        .op(3, 1...2, .enqueue("z"), .done), .op(1, 3...6, .enqueue("x"), .done),
        .op(2, 4...5, .enqueue("y"), .done), .op(1, 7...8, .dequeue, .value("z")),
        .op(2, 9...10, .dequeue, .value("y")), .op(3, 11...12, .dequeue, .value("x")),
      ]) == true)
  }

  @Test func lostDequeueExplainsAMissingItemOnce() {
    let enqueues: [ClientOperation<Queue>] = [
      .op(1, 1...2, .enqueue("x"), .done), .op(1, 3...4, .enqueue("y"), .done),
      .op(1, 5...6, .enqueue("z"), .done), .lost(2, 7, .dequeue),
    ]
    #expect(holds(enqueues + [.op(3, 8...9, .dequeue, .value("x"))]) == true)
    #expect(holds(enqueues + [.op(3, 8...9, .dequeue, .value("y"))]) == true)
    #expect(holds(enqueues + [.op(3, 8...9, .dequeue, .value("z"))]) == false)
  }
}
