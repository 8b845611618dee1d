import Foundation
import Kvorum
import Processes
import RESP
import Replication

/// A cluster, its clients and its faults, from the start to the last check.
struct ChaosRun: Sendable {
  /// What a run is told.
  struct Plan: Sendable {
    var minutes: Double?
    var kills: Int?
    var seed: UInt64
    var slaves: Int
    var clients: Int
    var permissions: Permissions
  }

  let plan: Plan
  let cluster: ChaosCluster
  let clock: RunClock
  let log: FaultLog
  let tally = Tally()
  let say: @Sendable (String) -> Void

  private let registers = RegisterWorkload()
  private let transfers = TransferWorkload()
  private let appends = AppendWorkload()
  private let counters = CounterWorkload()
  private let probes = CounterWorkload(name: "probe", hot: 4, limit: 1_000)
  private let stale = StaleReads()

  init(
    plan: Plan, cluster: ChaosCluster, clock: RunClock, log: FaultLog,
    say: @escaping @Sendable (String) -> Void
  ) {
    self.plan = plan
    self.cluster = cluster
    self.clock = clock
    self.log = log
    self.say = say
  }

  private var workloads: [any Workload] { [registers, counters, appends, transfers, probes] }

  /// Runs until the end that the plan names.
  func run() async throws -> ChaosReport {
    let prober = Prober(workload: probes)
    let runner = FaultRunner(
      cluster: cluster, prober: prober, clock: clock, log: log, tally: tally,
      hasClocks: plan.permissions.hasClocks)
    let clientsEnd = StopSignal()
    let clients = Task { try await runClients(prober, until: clientsEnd) }
    let watch = Task { await watchNodes(until: clientsEnd) }
    _ = await eventually(within: .seconds(10)) { prober.hasSucceeded(after: 0) || clock.isOver }

    await runner.run(schedule(), kills: plan.kills)
    let seconds = Double(Moment.now() - clock.start) / 1e9
    log.line("no more faults")
    let isWhole = await recover()
    clientsEnd.request()
    try await clients.value
    await watch.value
    let files = await conclude(isWhole)
    return report(seconds, files)
  }

  private func schedule() -> FaultSchedule {
    FaultSchedule(
      seed: plan.seed, kinds: plan.permissions.kinds, slaves: plan.slaves, smallDisks: cluster.disks.count,
      onlyKillsOfActive: plan.kills != nil && plan.permissions.kinds == [.kill])
  }

  // MARK: Clients

  private func runClients(_ prober: Prober, until stop: StopSignal) async throws {
    let masters = cluster.masterEndpoints
    var random = SplitMix64(seed: plan.seed ^ 0x636c_6965_6e74_7321)
    try await withThrowingDiscardingTaskGroup { group in
      let probing = try LibraryClient(masters)
      let probeSeed = random.next()
      group.addTask { await prober.run(probing, until: stop, tally, SplitMix64(seed: probeSeed)) }
      for number in 0..<plan.clients {
        let client: any DatabaseClient =
          number % 2 == 0 ? try LibraryClient(masters) : SocketClient(masters, beginningWith: number / 2)
        let seed = random.next()
        group.addTask { await runClient(client, until: stop, SplitMix64(seed: seed)) }
      }
      for node in cluster.nodes {
        let reader = StaleReader(
          node: node, registers: registers, transfers: transfers, observations: stale, tally: tally)
        let seed = random.next()
        group.addTask { await reader.run(until: stop, SplitMix64(seed: seed)) }
      }
    }
  }

  private func runClient(_ client: any DatabaseClient, until stop: StopSignal, _ random: SplitMix64) async {
    var random = random
    while !stop.isRequested {
      let workload: any Workload =
        switch random.draw(1...10) {
        case ...4: registers
        case ...6: counters
        case ...8: appends
        default: transfers
        }
      await workload.step(client, &random, tally)
      try? await Task.sleep(for: .milliseconds(random.draw(0...10)))
    }
  }

  /// Reports nodes that end although nothing was done to them, and starts them again.
  private func watchNodes(until stop: StopSignal) async {
    while !stop.isRequested {
      for node in cluster.nodes {
        guard let end = node.takeUnexpectedEnd() else { continue }
        tally.violation(end)
        log.line("\(node.name) ended by itself")
        try? node.start()
      }
      say(progress)
      await stop.sleep(for: .milliseconds(200))
    }
  }

  private var progress: String {
    let total = tally.total
    let faults = log.done.values.reduce(0, +)
    return
      "\(Int(Double(Moment.now() - clock.start) / 1e9)) s: \(faults) faults, \(log.killsOfActive) kills of the "
      + "active master, \(total.total) operations, \(total.inDoubt) in doubt, \(tally.violationCount) violations"
  }

  // MARK: The end

  /// Starts whatever is down and waits until the cluster is whole.
  private func recover() async -> Bool {
    for node in cluster.nodes {
      do { try node.start() } catch { log.trouble("\(node.name) could not be started: \(error)") }
    }
    var obstacle: String?
    let isWhole = await eventually(within: .seconds(25), every: .milliseconds(50)) {
      obstacle = await cluster.obstacle()
      return obstacle == nil
    }
    if !isWhole { tally.violation("25 s after the last fault the cluster is not whole: \(obstacle ?? "")") }
    return isWhole
  }

  /// Reads everything back, stops the nodes, and compares their files.
  private func conclude(_ isWhole: Bool) async -> FileComparison? {
    await readBack()
    let isLevel = await eventually(within: .seconds(15), every: .milliseconds(50)) { await cluster.isLevel() }
    if isWhole, !isLevel { tally.violation("15 s after the last write the nodes are not level") }
    await stopNodes()
    for finding in workloads.flatMap({ $0.check() }) {
      if finding.isViolation { tally.violation(finding.text) } else { log.trouble(finding.text) }
    }
    for fault in stale.check(written: registers.wasSent) { tally.violation("stale read: \(fault)") }
    guard isLevel else { return nil }
    let files = FileComparison(cluster.nodes.map { NodeFiles(name: $0.name, directory: $0.directory) })
    for fault in files.faults { tally.violation(fault) }
    return files
  }

  private func readBack() async {
    do {
      let client = try LibraryClient(cluster.masterEndpoints)
      let invoked = Moment.now()
      var values: [String: String] = [:]
      let keys = workloads.flatMap(\.keys)
      for start in stride(from: 0, to: keys.count, by: 200) {
        let some = Array(keys[start..<min(start + 200, keys.count)])
        guard case .value(let answer) = await client.call(["MGET"] + some, isWrite: false),
          let elements = answer.elements, elements.count == some.count
        else {
          tally.violation("the keys cannot be read back after the last fault")
          return
        }
        for (key, element) in zip(some, elements) { values[key] = element.text }
      }
      let returned = Moment.now()
      for workload in workloads { workload.conclude(values, invoked: invoked, returned: returned) }
    } catch {
      log.trouble("no client could be made: \(error)")
    }
  }

  /// Masters first: with a slave missing, or a master that takes over, the logs would grow by another entry.
  private func stopNodes() async {
    for node in [cluster.backup, cluster.primary] + cluster.slaves {
      switch await node.terminate(within: .seconds(12)) {
      case .code(0): break
      case let exit?: tally.violation("\(node.name) ended with \(exit) when it was stopped")
      case nil:
        tally.violation("\(node.name) did not end within 12 s of SIGTERM")
        node.kill()
      }
    }
  }

  private func report(_ seconds: Double, _ files: FileComparison?) -> ChaosReport {
    var loads = [0.0]
    getloadavg(&loads, 1)
    return ChaosReport(
      seed: plan.seed, seconds: seconds, slaves: plan.slaves,
      faults: Dictionary(uniqueKeysWithValues: log.done.map { ($0.key.rawValue, $0.value) }),
      killsOfActive: log.killsOfActive, skipped: plan.permissions.skipped, troubles: log.troubles,
      operations: tally.counts, staleReadsCompared: stale.count, commonIndex: files?.commonIndex ?? 0,
      checksum: String(files?.checksum ?? 0, radix: 16), keys: files?.keys ?? 0,
      gaps: log.gaps.compactMapValues(\.summary), load: loads[0], violationCount: tally.violationCount,
      violations: tally.violations, folder: cluster.home)
  }
}
