import DequeModule
import NIOCore
import RESP

/// Decides to which master each command goes, and what happens to it when that master fails.
///
/// It knows no socket and no clock: news comes in by `receive`, orders go out as effects. A master is active
/// only if its own status says so; `READONLY`, a closed or a silent connection only start the search for it.
/// A write whose answer did not come is reported as in doubt and never sent again. Commands leave in the
/// order in which they were submitted, and none goes to a new master while an old one still owes answers.
struct FailoverMachine {
  /// An index into the list of links; never reused.
  typealias LinkID = Int

  /// What happened.
  enum Event {
    case submitted(ClientRequest)
    case connected(LinkID, attempt: Int)
    case connectFailed(LinkID, attempt: Int, reason: String)
    case received(LinkID, attempt: Int, RESPValue)
    case closed(LinkID, attempt: Int, reason: String)
    case tick
    /// Every connection reads at this level from now on.
    case consistencyChosen(ReadConsistency)
    /// The client's user is done.
    case shutDown
  }

  /// What is to be written to a link.
  enum Outgoing: Equatable {
    case hello
    case consistency(ReadConsistency)
    case status
    case ping
    case request(id: UInt64)
  }

  /// What is to be done.
  enum Effect {
    case connect(LinkID, attempt: Int, Endpoint)
    case send(LinkID, attempt: Int, Outgoing)
    case disconnect(LinkID, attempt: Int)
    case complete(id: UInt64, Result<RESPValue, KvorumError>)
    /// A master told what it knows of the cluster.
    case learned(ClusterStatus)
  }

  var settings: FailoverSettings
  var random: SplitMix
  var links: [LinkID: MasterLink] = [:]
  var nextLink = 0
  /// The link to the active master, and its epoch.
  var active: LinkID?
  var reign: ReignNumber?
  /// The highest epoch seen; a master that claims a lower one is not believed.
  var highestReign: ReignNumber?
  var cluster: String?
  /// Commands not yet sent, in order.
  var queue: Deque<ClientRequest> = []
  /// Commands that found no quorum, until they are tried again.
  var delayed: [(request: ClientRequest, until: NIODeadline)] = []
  var searchInterval: TimeAmount
  var isShutDown = false

  /// A machine for these masters, none of which it has tried yet.
  init(masters: [Endpoint], settings: FailoverSettings, seed: UInt64, at now: NIODeadline) {
    self.settings = settings
    random = SplitMix(state: seed)
    searchInterval = settings.searchMinimum
    for endpoint in masters { addLink(endpoint, isConfigured: true, at: now) }
  }

  /// Takes news and says what to do.
  mutating func receive(_ event: Event, at now: NIODeadline, into effects: inout [Effect]) {
    switch event {
    case .submitted(let request):
      submit(request, at: now, into: &effects)
    case .connected(let id, let attempt):
      guard isCurrent(id, attempt) else { return }
      greet(id, at: now, into: &effects)
    case .connectFailed(let id, let attempt, let reason):
      guard isCurrent(id, attempt) else { return }
      lose(id, reason: reason, at: now, into: &effects)
      failFast(at: now, into: &effects)
    case .received(let id, let attempt, let value):
      guard isCurrent(id, attempt), links[id]?.session != nil else { return }
      take(value, from: id, at: now, into: &effects)
    case .closed(let id, let attempt, let reason):
      guard isCurrent(id, attempt) else { return }
      lose(id, reason: reason, at: now, into: &effects)
      pump(at: now, into: &effects)
    case .tick:
      tick(at: now, into: &effects)
    case .consistencyChosen(let level):
      settings.consistency = level
      for (id, link) in links where link.session != nil {
        expect(.consistency, .consistency(level), from: id, at: now, into: &effects)
      }
    case .shutDown:
      shutDown(into: &effects)
    }
  }

  /// How long until the next tick is due.
  var tickInterval: TimeAmount {
    if !queue.isEmpty || !delayed.isEmpty { return .milliseconds(5) }
    return links.values.contains { ($0.session?.ordered ?? 0) > 0 } ? .milliseconds(50) : .milliseconds(200)
  }

  /// The masters and why they cannot serve, for an error or a status.
  var reports: [(endpoint: Endpoint, isActive: Bool, isUp: Bool, node: NodeReference?, trouble: String)] {
    links.sorted { $0.key < $1.key }.map { id, link in
      (link.endpoint, id == active, link.isGreeted, link.node, link.trouble)
    }
  }

  private func isCurrent(_ id: LinkID, _ attempt: Int) -> Bool {
    !isShutDown && links[id]?.attempt == attempt
  }
}

/// A small generator for the jitter of pauses, seeded so that a test can repeat a run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
