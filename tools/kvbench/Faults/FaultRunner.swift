import Foundation

/// Does what the schedule says, and measures what the clients see of it.
final class FaultRunner: Sendable {
  /// How long a cluster of which enough is well may take to have a leader, and to be whole again.
  private static let takeoverLimit = Duration.seconds(15)
  private static let recoveryLimit = Duration.seconds(45)

  let cluster: ChaosCluster
  let links: NetworkFaults?
  let prober: Prober
  let clock: RunClock
  let log: FaultLog
  let tally: Tally
  /// Whether nodes can be given other clocks.
  let hasClocks: Bool

  init(
    cluster: ChaosCluster, prober: Prober, clock: RunClock, log: FaultLog, tally: Tally, hasClocks: Bool
  ) {
    self.cluster = cluster
    links = cluster.network.map { NetworkFaults($0) }
    self.prober = prober
    self.clock = clock
    self.log = log
    self.tally = tally
    self.hasClocks = hasClocks
  }

  /// Runs episodes until the time is over, or so many active masters were killed.
  func run(_ schedule: FaultSchedule, kills: Int?) async {
    var schedule = schedule
    while !clock.isOver, kills.map({ log.killsOfActive < $0 }) ?? true {
      guard await run(schedule.next()) else { return }
    }
  }

  /// Runs one episode; false if the cluster did not recover from the ones before.
  private func run(_ episode: FaultSchedule.Episode) async -> Bool {
    var isWhole = false
    if episode.waitsUntilWhole {
      isWhole = await waitUntilWhole()
      guard isWhole, !clock.isOver else { return isWhole }
    }
    await clock.sleep(milliseconds: episode.pause)
    guard !clock.isOver else { return true }
    if isWhole, episode.faults.count == 1, episode.faults[0].fault.deposesActive {
      await measure(episode.faults[0].fault)
    } else {
      await withDiscardingTaskGroup { group in
        var delay = 0
        for (fault, after) in episode.faults {
          delay += after
          let delay = delay
          group.addTask { [self] in
            await clock.sleep(milliseconds: delay)
            if !clock.isOver { await perform(fault) }
          }
        }
      }
    }
    return true
  }

  /// Does a fault that takes the lead from the active master of a whole cluster, and measures how long its
  /// clients wait for the next master, and later for the hand-back.
  private func measure(_ fault: Fault) async {
    guard let victim = await node(.active) else { return }
    let start = Moment.now()
    // The fault may last longer than the takeover; it ends when both are over.
    let performed = Task { await perform(fault) }
    let hasTakenOver = await eventually(within: Self.takeoverLimit, every: .milliseconds(20)) { [self] in
      let now = Moment.now()
      if clock.isOver { return true }
      guard let active = await cluster.active(), active !== victim else { return false }
      return await eventually(within: .seconds(6), every: .milliseconds(5)) {
        self.prober.hasSucceeded(after: now)
      }
    }
    let end = Moment.now()
    if clock.isOver {
      // Cut short: its gap is of no worth.
    } else if hasTakenOver {
      if let gap = prober.longestGap(from: start, to: end) {
        log.gap("failover by \(fault.kind.rawValue)", gap)
      }
    } else {
      tally.violation("no other master took over within \(Self.takeoverLimit) of \(describe(fault, victim))")
    }
    await performed.value
    let healed = Moment.now()
    guard hasTakenOver, await waitUntilWhole(), !clock.isOver else { return }
    // Only a hand-back lies between; the next success ends its gap.
    let whole = Moment.now()
    _ = await eventually(within: .seconds(2), every: .milliseconds(5)) {
      self.prober.hasSucceeded(after: whole)
    }
    if victim === cluster.primary, let gap = prober.longestGap(from: healed, to: whole) {
      log.gap("failback", gap)
    }
  }

  /// Waits until nothing of the last faults is left to see; false if that does not come.
  func waitUntilWhole(within limit: Duration? = nil) async -> Bool {
    let limit = limit ?? Self.recoveryLimit
    var obstacle: String?
    let isWhole = await eventually(within: limit, every: .milliseconds(30)) { [self] in
      obstacle = await cluster.obstacle()
      return obstacle == nil || clock.isOver
    }
    if !isWhole, let obstacle {
      tally.violation("the cluster had not recovered \(limit) after the last fault: \(obstacle)")
    }
    return isWhole
  }

  /// Whom a target means now.
  func node(_ target: Target) async -> ChaosNode? {
    switch target {
    case .slave(let number): return cluster.slaves[cluster.slaves.startIndex + number]
    case .active, .standby:
      var active: ChaosNode?
      _ = await eventually(within: .seconds(3)) { [self] in
        active = await cluster.active()
        return active != nil || clock.isOver
      }
      guard target == .standby else { return active ?? cluster.primary }
      return active === cluster.backup ? cluster.primary : cluster.backup
    }
  }

  func describe(_ fault: Fault, _ node: ChaosNode?) -> String {
    let who = node.map { " of \($0.name)" } ?? ""
    return "\(fault.kind.rawValue)\(who) (\(fault))"
  }
}
