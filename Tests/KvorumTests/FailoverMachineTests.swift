import NIOCore
import RESP
import Testing

@testable import Kvorum

/// Plays a script to the machine with a clock that only the script moves.
private struct Script {
  var machine: FailoverMachine
  var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
  var effects: [FailoverMachine.Effect] = []

  init() {
    let masters = [Endpoint(host: "a", port: 1), Endpoint(host: "b", port: 2)]
    machine = FailoverMachine(masters: masters, settings: FailoverSettings(), seed: 7, at: now)
    play(.tick)
  }

  mutating func play(_ event: FailoverMachine.Event) {
    machine.receive(event, at: now, into: &effects)
  }

  mutating func pass(_ span: TimeAmount) {
    now = now + span
    play(.tick)
  }

  mutating func submit(_ id: UInt64, _ kind: ClientRequest.Kind) {
    play(.submitted(ClientRequest(id: id, kind: kind, submitted: now, deadline: now + .seconds(5))))
  }

  mutating func answer(_ link: Int, _ value: RESPValue) {
    play(.received(link, attempt: machine.links[link]?.attempt ?? 0, value))
  }

  /// Connects a link and lets it introduce itself.
  mutating func connect(_ link: Int, _ state: NodeState, epoch: String?) {
    play(.connected(link, attempt: machine.links[link]?.attempt ?? 0))
    answer(link, .simple("OK"))
    answer(link, Self.status(link, state, epoch))
  }

  static func status(_ link: Int, _ state: NodeState, _ epoch: String?) -> RESPValue {
    var status = ClusterStatus.sample
    status.reporter = NodeReference(id: "\(link)", role: "backup", name: "\(link)", address: "\(link):1")
    status.state = state
    status.active = nil
    status.epoch = epoch
    status.nodes = []
    return .bulk(status.json())
  }

  /// The numbers of the commands that were sent to a link since the last call.
  mutating func sent(to link: Int) -> [UInt64] {
    let ids: [UInt64] = effects.compactMap { effect in
      if case .send(link, _, .request(let id)) = effect { return id }
      return nil
    }
    effects.removeAll { effect in
      if case .send(link, _, .request) = effect { return true }
      return false
    }
    return ids
  }

  /// How a command ended.
  func outcome(_ id: UInt64) -> Result<RESPValue, KvorumError>? {
    for case .complete(id, let result) in effects { return result }
    return nil
  }
}

@Suite struct FailoverMachineTests {
  private let readOnly = RESPValue.error("READONLY You can't write against a standby master.")

  @Test func nothingIsSentBeforeAMasterSaysThatItIsActive() {
    var script = Script()
    script.submit(1, .write)
    script.connect(1, .standby, epoch: nil)
    #expect(script.sent(to: 1) == [])
    script.connect(0, .active, epoch: "3-aa")
    #expect(script.sent(to: 0) == [1])
  }

  @Test func aHandoverKeepsTheOrderOfCommands() {
    var script = Script()
    script.connect(0, .active, epoch: "3-aa")
    script.connect(1, .standby, epoch: nil)
    for id in 1...3 { script.submit(UInt64(id), .write) }
    #expect(script.sent(to: 0) == [1, 2, 3])
    script.pass(.milliseconds(20))
    script.answer(0, readOnly)
    script.answer(1, Script.status(1, .active, "4-bb"))
    #expect(script.sent(to: 1) == [], "the old master still owes two answers")
    script.answer(0, readOnly)
    script.answer(0, readOnly)
    #expect(script.sent(to: 1) == [1, 2, 3])
  }

  @Test func anOlderReignIsNotBelieved() {
    var script = Script()
    script.connect(1, .active, epoch: "4-bb")
    script.connect(0, .active, epoch: "3-aa")
    script.submit(1, .write)
    #expect(script.sent(to: 1) == [1])
    script.play(.closed(1, attempt: 1, reason: "closed the connection"))
    script.submit(2, .write)
    script.pass(.milliseconds(20))
    script.answer(0, Script.status(0, .active, "3-aa"))
    #expect(script.sent(to: 0) == [])
  }

  @Test func ofALostConnectionReadsAreAskedAgainAndWritesAreInDoubt() {
    var script = Script()
    script.connect(0, .active, epoch: "3-aa")
    script.connect(1, .standby, epoch: nil)
    script.submit(1, .write)
    script.submit(2, .read)
    script.pass(.milliseconds(20))
    script.play(.closed(0, attempt: 1, reason: "closed the connection"))
    guard case .failure(.inDoubt) = script.outcome(1) else {
      Issue.record("the write ended with \(String(describing: script.outcome(1)))")
      return
    }
    script.answer(1, Script.status(1, .active, "4-bb"))
    #expect(script.sent(to: 1) == [2])
  }

  @Test func silenceMakesItAskTheOthersAndOnlyANewerReignEndsTheWait() {
    var script = Script()
    script.connect(0, .active, epoch: "3-aa")
    script.connect(1, .standby, epoch: nil)
    script.submit(1, .write)
    script.effects = []
    script.pass(.milliseconds(310))
    #expect(
      script.effects.contains { effect in
        if case .send(1, _, .status) = effect { return true }
        return false
      })
    script.answer(1, Script.status(1, .standby, nil))
    #expect(script.outcome(1) == nil)
    script.pass(.milliseconds(100))
    script.answer(1, Script.status(1, .active, "4-bb"))
    guard case .failure(.inDoubt) = script.outcome(1) else {
      Issue.record("the write ended with \(String(describing: script.outcome(1)))")
      return
    }
    #expect(script.sent(to: 1) == [])
  }

  @Test func newsOfAnEarlierConnectionIsIgnored() {
    var script = Script()
    script.connect(0, .active, epoch: "3-aa")
    script.play(.closed(0, attempt: 1, reason: "closed the connection"))
    script.pass(.milliseconds(200))
    script.connect(0, .active, epoch: "3-aa")
    script.submit(1, .write)
    script.play(.closed(0, attempt: 1, reason: "closed the connection"))
    #expect(script.outcome(1) == nil)
    script.answer(0, .simple("OK"))
    #expect(script.outcome(1) == .success(.simple("OK")))
  }

  @Test func aLateAnswerToACommandThatWasGivenUpIsNotTakenForTheNextOnes() {
    var script = Script()
    script.connect(0, .active, epoch: "3-aa")
    script.submit(1, .read)
    script.pass(.milliseconds(4_900))
    script.submit(2, .read)
    script.answer(0, .simple("first"))
    #expect(script.outcome(1) == .success(.simple("first")))
    script.pass(.milliseconds(4_900))
    script.submit(3, .read)
    script.now = script.now + .milliseconds(100)
    var settled: [FailoverMachine.Effect] = []
    script.machine.expire(at: script.now, into: &settled)
    script.answer(0, .simple("second"))
    script.answer(0, .simple("third"))
    #expect(script.outcome(3) == .success(.simple("third")))
  }

  @Test func pausesBetweenConnectionAttemptsGrowAndAreCapped() {
    var script = Script()
    var attempts = 1
    script.play(.connectFailed(0, attempt: 1, reason: "refused the connection"))
    for _ in 0..<1_000 {
      script.effects = []
      script.pass(.milliseconds(10))
      for case .connect(0, let attempt, _) in script.effects {
        attempts += 1
        script.play(.connectFailed(0, attempt: attempt, reason: "refused the connection"))
      }
    }
    // Ten seconds at one attempt a second at most twice as often by the jitter, and the first fast ones.
    #expect((10...30).contains(attempts))
  }
}
