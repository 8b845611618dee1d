import Replication
import Testing

@testable import Node

/// The bounds of what one link may make a node hold (design 7).
@Suite struct PeerBacklogTests {
  private let start = Instant(nanoseconds: 1_000_000_000)
  private func after(_ milliseconds: Int64) -> Instant { start + .milliseconds(milliseconds) }

  @Test func aLinkTakesFramesUntilItsLimitWaitsAndAgainOnceThePeerHasTakenSome() {
    var backlog = PeerBacklog(now: start)
    backlog.wrote(PeerBacklog.limit - 1)
    #expect(!backlog.isFull)
    backlog.wrote(1)
    #expect(backlog.isFull)
    backlog.look(PeerBacklog.limit - 1, at: after(1))
    #expect(!backlog.isFull)
  }

  @Test func aPeerThatTakesNothingIsStuckAndOneThatTakesALittleIsNot() {
    var idle = PeerBacklog(now: start)
    var slow = PeerBacklog(now: start)
    idle.wrote(1_000)
    slow.wrote(1_000)
    for step in 1...11 as ClosedRange<Int64> {
      idle.wrote(10)
      slow.wrote(10)
      idle.look(1_000 + 10 * Int(step), at: after(500 * step))
      slow.look(1_000 + 9 * Int(step), at: after(500 * step))
    }
    #expect(idle.isStuck(at: after(5_501)))
    #expect(!slow.isStuck(at: after(5_501)))
  }

  @Test func aPeerThatIsOwedNothingIsNotStuckHoweverLongItIs() {
    var backlog = PeerBacklog(now: start)
    for step in 1...40 as ClosedRange<Int64> { backlog.look(0, at: after(500 * step)) }
    backlog.wrote(1)
    #expect(!backlog.isStuck(at: after(20_001)))
    backlog.look(1, at: after(20_500))
    #expect(!backlog.isStuck(at: after(24_999)))
    #expect(backlog.isStuck(at: after(25_501)))
  }
}
