import Replication
import Serving

/// What happens next in the world.
enum Occurrence {
  case input(Input, machine: Int, incarnation: Int)
  case message(Message, from: NodeID, to: NodeID, machine: Int, link: Int, session: Int)
  case syncDone(machine: Int, incarnation: Int)
  case connect(link: Int)
  case connectionLost(link: Int, end: Int, session: Int, onlyIfBlocked: Bool)
  case client(ClientStep)
  case read(ReadFrame, to: NodeID, machine: Int, link: Int, session: Int)
  case start(machine: Int)
  case resume(machine: Int, pause: Int)
  case fault
  case heal(partition: Int)
  case emptyDisk(machine: Int)
  case hearing(from: NodeID, machine: Int, link: Int, session: Int)
  /// A person kills and restarts a node that hangs.
  case kill(machine: Int, incarnation: Int)
  /// A person replaces a damaged disk, unless that was done already.
  case replaceDisk(machine: Int, id: NodeID)
  case ambush(Ambush.Blow, machine: Int)
  case endOfFaults
  case observe
}

/// A whole cluster in one thread: nodes with the real core, around them a fake network, fake disks, fake clocks
/// and clients, and beside them the checkers.
final class Cluster {
  let seed: UInt64
  let plan: ClusterPlan
  let defect: SimulationDefect?
  let storage: SimulatedStorage
  let trace: Trace

  var time: Int64 = 0
  var queue = EventQueue<Occurrence>()
  var counts = SimulationCounts()
  /// The first broken promise; ends the run.
  var failure: String?

  var machines: [Machine] = []
  /// Which machine holds an id now; an id whose disk was lost is not in it.
  var machineOf: [NodeID: Int] = [:]
  /// Ids whose disks were lost or thrown away.
  var lostIDs: Set<NodeID> = []
  var network: Network
  var workload: Workload
  var recovery = Recovery()

  /// The blow that waits for its moment.
  var ambush: Ambush?

  var canonical = CanonicalLog()
  var matching = LogMatchingChecker()
  var reigns = ReignChecker()
  var promises = PromiseChecker()
  var confirmations = ConfirmationChecker()
  var configurations = ConfigurationChecker()
  var history = HistoryRecorder<KeyspaceModel>()

  /// Every copy of a replica that was ever made.
  var copies: [UInt64: Copy] = [:]

  var networkDice: Dice
  var diskDice: Dice
  var faultDice: Dice
  var clientDice: Dice
  var nodeDice: Dice
  var snapshotDice: Dice

  /// - Parameter adjust: Changes the plan that the seed has drawn; for tests.
  init(
    seed: UInt64, defect: SimulationDefect?, storage: SimulatedStorage = .fake,
    transcript: ((String) -> Void)?, adjust: (inout ClusterPlan) -> Void = { _ in }
  ) {
    self.seed = seed
    self.defect = defect
    self.storage = storage
    trace = Trace(transcript: transcript)
    var dice = Dice(seed: seed)
    var plan = ClusterPlan(dice: &dice, defect: defect)
    adjust(&plan)
    self.plan = plan
    networkDice = dice.fork()
    diskDice = dice.fork()
    faultDice = dice.fork()
    clientDice = dice.fork()
    nodeDice = dice.fork()
    snapshotDice = dice.fork()
    network = Network(plan: plan.network)
    workload = Workload(clients: plan.clients, dice: &clientDice)
    for number in 0..<plan.masters { addMachine(role: number == 0 ? .primary : .backup) }
    for _ in 0..<plan.slaves { addMachine(role: .slave) }
    let masters = machines.filter { $0.role.isMaster }
    for master in masters { master.peers = masters.filter { $0 !== master }.map(\.address) }
  }

  @discardableResult
  func addMachine(role: NodeRole) -> Machine {
    var drift = nodeDice.between(-plan.drift, plan.drift)
    // The worst case for a lease: a slow clock where it is used, fast ones where it is granted.
    if plan.driftsBeyondMargin || plan.opposedClocks { drift = role.isMaster ? -plan.drift : plan.drift }
    let clock = NodeClock(offset: nodeDice.between(0, 1_000_000_000_000), drift: drift)
    let index = machines.count
    let machine = Machine(
      index: index, id: NodeID(nodeDice.bits() | 1), role: role, name: "\(role.rawValue)\(index)",
      clock: clock, wallOffset: nodeDice.between(-Cluster.wallSkew, Cluster.wallSkew))
    machine.disk = makeDisk(for: machine.id)
    machines.append(machine)
    machineOf[machine.id] = index
    return machine
  }

  // MARK: The run

  func run() -> SimulationResult {
    begin()
    advance(until: .max)
    return finish()
  }

  func begin() {
    for machine in machines {
      queue.push(.start(machine: machine.index), at: nodeDice.between(0, plan.startSpan))
    }
    for client in workload.clients.indices { pauseClient(client) }
    queue.push(.fault, at: .milliseconds(faultDice.between(100, 2_000)))
    queue.push(.endOfFaults, at: plan.faultTime)
    trace.say(at: 0, plan.description)
  }

  func advance(until moment: Int64) {
    while failure == nil, !recovery.ended, let at = queue.nextTime, at <= moment, let next = queue.pop() {
      time = next.time
      counts.events += 1
      trace.mix(time)
      happen(next.element)
      if counts.events > Cluster.eventLimit { end(stuck: "the nodes do not come to rest") }
    }
  }

  private func finish() -> SimulationResult {
    if failure == nil, recovery.stuck == nil {
      failure = checkHistory().map { Broken(.linearizable, $0).description }
    }
    for machine in machines { machine.process?.forgetConnections() }
    trace.say(at: time, failure.map { "WRONG: \($0)" } ?? recovery.stuck.map { "STUCK: \($0)" } ?? "held")
    let verdict: SimulationResult.Verdict =
      failure.map { .wrong($0) } ?? recovery.stuck.map { .stuck($0) } ?? .held
    return SimulationResult(
      seed: seed, verdict: verdict, traceHash: trace.hash, simulatedNanoseconds: time, counts: counts)
  }

  /// Several times what the busiest run needs: more is a loop in which time stands still.
  private static let eventLimit = 2_000_000

  private func happen(_ occurrence: Occurrence) {
    switch occurrence {
    case .input(let input, let index, let incarnation):
      let machine = machines[index]
      guard machine.incarnation == incarnation, machine.isRunning else { return }
      give(input, to: machine)
    case .message(let message, let sender, let receiver, let index, let link, let session):
      arrive(message, from: sender, to: receiver, at: machines[index], link: link, session: session)
    case .syncDone(let index, let incarnation): syncDone(machines[index], incarnation: incarnation)
    case .connect(let link): connect(link)
    case .connectionLost(let link, let end, let session, let onlyIfBlocked):
      connectionLost(link, end: end, session: session, onlyIfBlocked: onlyIfBlocked)
    case .client(let step): happen(step)
    case .read(let frame, let receiver, let index, let link, let session):
      arrive(frame, to: receiver, at: machines[index], link: link, session: session)
    case .start(let index): start(machines[index])
    case .resume(let index, let pause): resume(machines[index], pause: pause)
    case .fault: fault()
    case .heal(let partition): heal(partition: partition)
    case .emptyDisk(let index): setDisk(of: machines[index], full: false)
    case .hearing(let sender, let index, let link, let session):
      hear(from: sender, at: machines[index], link: link, session: session)
    case .kill(let index, let incarnation):
      guard machines[index].incarnation == incarnation else { return }
      crashForAWhile(machines[index])
    case .replaceDisk(let index, let id): replaceDisk(of: machines[index], id: id)
    case .ambush(let blow, let index): strike(blow, machines[index])
    case .endOfFaults: endFaults()
    case .observe: observe()
    }
  }

  func schedule(_ occurrence: Occurrence, after span: Int64) { queue.push(occurrence, at: time + span) }

  func schedule(_ input: Input, for machine: Machine, after span: Int64) {
    schedule(.input(input, machine: machine.index, incarnation: machine.incarnation), after: span)
  }

  func fail(_ machine: Machine?, _ broken: Broken) { fail(machine, broken.description) }

  /// Ends the run with a broken promise.
  func fail(_ machine: Machine?, _ reason: String) {
    guard failure == nil else { return }
    let place = machine.map { "\($0.name) (\($0.id)): " } ?? ""
    failure = "at \(time / 1_000_000) ms, \(place)\(reason)"
  }

  func say(_ machine: Machine, _ line: @autoclosure () -> String) {
    trace.say(at: time, "\(machine.name): \(line())")
  }
}
