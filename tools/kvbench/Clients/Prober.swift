import Kvorum
import Replication
import Synchronization

/// Writes every few milliseconds, whether the last write was answered or not, and remembers when answers came.
///
/// So it sees a gap in the service as its users do, and not only as the next one who asks.
final class Prober: Sendable {
  private struct State {
    var successes: [Int64] = []
    var outstanding = 0
  }

  /// A write that the client gives up after five seconds must not hold back those after it.
  private static let outstandingLimit = 1_500
  private let state = Mutex(State())
  private let workload: CounterWorkload
  private let interval: Duration

  init(workload: CounterWorkload, interval: Duration = .milliseconds(5)) {
    self.workload = workload
    self.interval = interval
  }

  func run(_ client: any DatabaseClient, until stop: StopSignal, _ tally: Tally, _ random: SplitMix64) async {
    var random = random
    await withDiscardingTaskGroup { group in
      var next = ContinuousClock.now
      while !stop.isRequested {
        next = max(next + interval, .now - .milliseconds(200))
        try? await Task.sleep(until: next, clock: .continuous)
        guard state.withLock({ $0.outstanding < Self.outstandingLimit }) else { continue }
        state.withLock { $0.outstanding += 1 }
        let seed = random.next()
        group.addTask { [self] in
          let watched = Watched(client)
          var own = SplitMix64(seed: seed)
          await workload.increment(watched, &own, tally)
          let now = Moment.now()
          state.withLock {
            $0.outstanding -= 1
            if watched.isAcknowledged { $0.successes.append(now) }
          }
        }
      }
    }
  }

  /// Whether a write was acknowledged after this moment.
  func hasSucceeded(after moment: Int64) -> Bool { state.withLock { ($0.successes.last ?? 0) > moment } }

  /// The longest time without an acknowledgement that lies at least partly in this span, in nanoseconds: from the
  /// last one before to the first one after.
  func longestGap(from start: Int64, to end: Int64) -> Int64? {
    state.withLock { state in
      var longest: Int64?
      var place = state.successes.count - 1
      while place > 0, state.successes[place] > start {
        if state.successes[place - 1] < end {
          longest = max(longest ?? 0, state.successes[place] - state.successes[place - 1])
        }
        place -= 1
      }
      return longest
    }
  }

  /// For tests: takes an acknowledgement that came at a moment.
  func note(success moment: Int64) { state.withLock { $0.successes.append(moment) } }

  /// Remembers whether its one command was acknowledged.
  private final class Watched: DatabaseClient {
    private let client: any DatabaseClient
    private let acknowledged = Mutex(false)

    init(_ client: any DatabaseClient) { self.client = client }

    var isAcknowledged: Bool { acknowledged.withLock { $0 } }

    func call(_ words: [String], isWrite: Bool) async -> CommandOutcome {
      let outcome = await client.call(words, isWrite: isWrite)
      if case .value = outcome { acknowledged.withLock { $0 = true } }
      return outcome
    }
  }
}
