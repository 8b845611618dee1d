@testable import Replication

/// A cluster of cores in one thread: disks that are done at once unless they are held, links that keep the order
/// of their messages and take no time, and a clock that moves only in `run`.
///
/// It keeps a trace of what users would notice, and traps when two nodes commit different entries or two masters
/// serve in one epoch.
final class CoreCluster {
  struct Node {
    var options: ReplicationOptions
    /// Nil while the node is down.
    var core: ReplicationCore?
    var disk = CoreDisk()
    /// Counts the starts, so that what an earlier life began is not given to a later one.
    var life = 0
    /// Clients that wait for these entries.
    var waiting: [LogIndex: String] = [:]
  }

  enum Item {
    case message(Message, from: String, to: String)
    case event(Event, to: String, life: Int)
  }

  var nodes: [String: Node] = [:]
  var now = Instant(nanoseconds: 1_000_000_000_000)
  private(set) var trace: [String] = []
  private var queue: [Item] = []
  /// Ordered pairs that cannot talk; a link between them stays up.
  private(set) var blocked: Set<[String]> = []
  private var identities: [NodeID: String] = [:]
  private(set) var committed: [LogIndex: Entry] = [:]
  private var activeInEpoch: [Epoch: String] = [:]
  private let leaseMilliseconds: Int64
  private let masterNames: [String]

  /// Knows its masters and starts nothing.
  init(masters: Int, leaseMilliseconds: Int64 = 500) {
    self.leaseMilliseconds = leaseMilliseconds
    masterNames = (0..<masters).map { "m\($0 + 1)" }
  }

  var names: [String] { nodes.keys.sorted() }
  var living: [String] { names.filter { nodes[$0]?.core != nil } }
  var active: String? { living.first { nodes[$0]?.core?.isActive == true } }

  func core(_ name: String) -> ReplicationCore {
    guard let core = nodes[name]?.core else { preconditionFailure("\(name) is not running") }
    return core
  }

  func note(_ line: String) { trace.append(line) }

  func takeTrace() -> [String] {
    defer { trace = [] }
    return trace
  }

  /// Replaces ids by the names that people know.
  func readable(_ text: String) -> String {
    identities.reduce(text) { text, known in
      let digits = known.key.description
      return text.replacing(digits, with: known.value)
        .replacing("-\(digits.prefix(4))", with: "/\(known.value)")
    }
  }

  func name(_ id: NodeID) -> String { identities[id] ?? id.description }

  // MARK: Nodes

  /// Starts a node on what its disk holds, or on an empty disk if there is none.
  func start(_ name: String) {
    var node =
      nodes[name]
      ?? {
        let member = member(name)
        let others = masterNames.filter { $0 != name }.map { "\($0):1" }
        return Node(
          options: ReplicationOptions(
            id: member.id, role: member.role, name: name, address: member.address,
            peers: member.role.isMaster ? others : [], leaseMilliseconds: leaseMilliseconds,
            seed: member.id.rawValue))
      }()
    precondition(node.core == nil, "\(name) is running")
    identities[node.options.id] = identities[node.options.id] ?? name
    node.life += 1
    node.core = ReplicationCore(options: node.options, recovered: node.disk.recovered, now: now)
    nodes[name] = node
    for other in living where other != name { link(name, other) }
    settle()
  }

  /// Kills a node; what its disk had not finished is lost.
  func crash(_ name: String) {
    nodes[name]?.core = nil
    nodes[name]?.disk.loseUnfinished()
    for (index, value) in (nodes[name]?.waiting ?? [:]).sorted(by: { $0.key < $1.key }) {
      note("\(name): \(value) at \(index) is in doubt, its connection broke")
    }
    nodes[name]?.waiting = [:]
    for other in living { give(.disconnected(nodes[name]!.options.id), to: other) }
    settle()
  }

  /// Takes the disk of a node that is down away; it starts again empty, under a new id.
  func loseDisk(_ name: String) {
    guard var node = nodes[name], node.core == nil else { preconditionFailure("crash \(name) first") }
    node.disk = CoreDisk()
    node.options.id.rawValue += 1
    identities[node.options.id] = (identities[nodes[name]!.options.id] ?? name) + "'"
    nodes[name] = node
  }

  // MARK: Links

  private func link(_ a: String, _ b: String) {
    for (one, other) in [(a, b), (b, a)] {
      guard let peer = nodes[other], let core = peer.core else { continue }
      let options = peer.options
      let introduction = PeerIntroduction(
        id: options.id, role: options.role, name: options.name, address: options.address,
        cluster: core.cluster, version: "test", dataDirectory: "/data/\(options.name)")
      give(.connected(introduction, dialed: options.role.isMaster ? options.address : nil), to: one)
    }
  }

  func block(_ from: String, _ to: String) { blocked.insert([from, to]) }

  /// Nodes of different groups cannot talk; their links stay up, as those of a silent network do.
  func partition(_ groups: [[String]]) {
    for (position, group) in groups.enumerated() {
      for other in groups[(position + 1)...].joined() {
        for name in group {
          block(name, other)
          block(other, name)
        }
      }
    }
  }

  /// All can talk again, over new links where the old ones lost something.
  func heal() {
    let pairs = Set(blocked.map { $0.sorted() }).sorted { $0.lexicographicallyPrecedes($1) }
    blocked = []
    for pair in pairs where nodes[pair[0]]?.core != nil && nodes[pair[1]]?.core != nil {
      give(.disconnected(nodes[pair[1]]!.options.id), to: pair[0])
      give(.disconnected(nodes[pair[0]]!.options.id), to: pair[1])
      link(pair[0], pair[1])
    }
    settle()
  }

  // MARK: Time

  func run(milliseconds: Int64) {
    settle()
    let end = now + .milliseconds(milliseconds)
    var ticksWithoutTime = 0
    while let next = living.map({ core($0).nextDeadline }).min(), next <= end {
      ticksWithoutTime = next > now ? 0 : ticksWithoutTime + 1
      precondition(ticksWithoutTime < 100, "a deadline does not move: \(now)")
      now = max(now, next)
      for name in living where core(name).nextDeadline <= now {
        give(.timer, to: name)
        settle()
      }
    }
    now = end
  }

  /// Runs until the condition holds; false if it never does.
  func run(atMost milliseconds: Int64, until condition: (CoreCluster) -> Bool) -> Bool {
    let end = now + .milliseconds(milliseconds)
    settle()
    while !condition(self) {
      guard now < end else { return false }
      run(milliseconds: 5)
    }
    return true
  }

  /// A cluster in which m1 serves and every slave and master is listed.
  static func ready(masters: Int = 2, slaves: Int = 3) -> CoreCluster {
    let cluster = CoreCluster(masters: masters)
    for name in cluster.masterNames { cluster.start(name) }
    for number in 0..<slaves { cluster.start("s\(number + 1)") }
    precondition(cluster.becomeReady(), "the cluster did not come up")
    return cluster
  }

  func becomeReady() -> Bool {
    run(atMost: 30_000) { cluster in
      guard let active = cluster.active, let configuration = cluster.core(active).configuration else {
        return false
      }
      let followers = cluster.living.filter { cluster.core($0).commitIndex == cluster.core(active).lastIndex }
      return configuration.incoming == nil
        && configuration.slaves.count + configuration.masters.count
          == cluster.living.count
        && followers == cluster.living && active == "m1"
    }
  }

  // MARK: Clients

  /// Proposes a write at the active master; the trace tells what becomes of it.
  @discardableResult func propose(_ key: String, _ value: String, at name: String? = nil) -> LogIndex? {
    guard let name = name ?? active else {
      note("no master is active")
      return nil
    }
    let admission = core(name).admission(at: now)
    guard admission == .open, var node = nodes[name] else {
      note("\(name) refuses \(key)=\(value): \(describe(admission))")
      return nil
    }
    let index = node.core!.propose([.put(bytes(key), bytes(value))], time: 0)
    node.waiting[index] = "\(key)=\(value)"
    nodes[name] = node
    call(name) { core, now, effects in core.flush(at: now, into: &effects) }
    settle()
    if nodes[name]?.waiting[index] != nil { note("\(name): \(key)=\(value) waits at \(index)") }
    return index
  }

  func describe(_ admission: Admission) -> String {
    switch admission {
    case .open: "open"
    case .paused: "paused"
    case .noQuorum: "no quorum"
    case .diskFull: "disk full"
    case .standby(let active): "standby, active is \(active.map(name) ?? "not known")"
    }
  }

  // MARK: The loop

  /// Calls a core and carries out what follows.
  func call(_ name: String, _ body: (inout ReplicationCore, Instant, inout [Effect]) -> Void) {
    guard var core = nodes[name]?.core else { return }
    var effects: [Effect] = []
    body(&core, now, &effects)
    nodes[name]!.core = core
    for effect in effects { carryOut(effect, of: name) }
  }

  func give(_ event: Event, to name: String) {
    guard let node = nodes[name], node.core != nil else { return }
    queue.append(.event(event, to: name, life: node.life))
  }

  func settle() {
    var done = 0
    while done < queue.count {
      let item = queue[done]
      done += 1
      precondition(done < 200_000, "the nodes never stop talking")
      switch item {
      case .event(let event, let name, let life):
        guard nodes[name]?.life == life else { continue }
        call(name) { core, now, effects in core.receive(event, at: now, into: &effects) }
        apply(name)
      case .message(let message, let from, let to):
        guard !blocked.contains([from, to]), let sender = nodes[from] else { continue }
        call(to) { core, now, effects in
          core.receive(.received(message, from: sender.options.id), at: now, into: &effects)
        }
        apply(to)
      }
    }
    queue.removeAll(keepingCapacity: true)
  }

  private func apply(_ name: String) {
    guard var node = nodes[name], let core = node.core else { return }
    let index = min(core.commitIndex, node.disk.lastIndex)
    guard index > node.disk.applied else { return }
    for entry in node.disk.entries where entry.index > node.disk.applied && entry.index <= index {
      let known = committed[entry.index]
      precondition(known == nil || known == entry, "\(name) committed another entry at \(entry.index)")
      committed[entry.index] = entry
    }
    node.disk.applied = index
    nodes[name] = node
    give(.applied(index), to: name)
  }

  func hold(_ name: String) { nodes[name]?.disk.held = true }

  func release(_ name: String) {
    guard let writes = nodes[name]?.disk.release() else { return }
    for write in writes { finished(write, of: name) }
    settle()
  }

  private func finished(_ write: LogWrite, of name: String) {
    for outbound in write.thenSend { post(outbound, from: name) }
    give(.persisted(ticket: write.ticket), to: name)
  }

  private func post(_ outbound: Outbound, from name: String) {
    guard let to = living.first(where: { nodes[$0]?.options.id == outbound.to }) else { return }
    queue.append(.message(outbound.message, from: name, to: to))
  }

  private func carryOut(_ effect: Effect, of name: String) {
    switch effect {
    case .write(let write): if nodes[name]!.disk.put(write) { finished(write, of: name) }
    case .send(let outbound): post(outbound, from: name)
    case .fetch(let fetch): give(.fetched(fetch, nodes[name]!.disk.read(fetch)), to: name)
    case .committed(let index):
      for (waiting, value) in nodes[name]!.waiting.sorted(by: { $0.key < $1.key }) where waiting <= index {
        note("\(name): \(value) is acknowledged at \(waiting)")
        nodes[name]!.waiting[waiting] = nil
      }
    case .truncated(let index): note("\(name) cuts its log from \(index)")
    case .becameActive(let epoch):
      precondition(activeInEpoch[epoch] ?? name == name, "two masters serve in \(epoch)")
      activeInEpoch[epoch] = name
      note("\(name) serves in epoch \(readable(epoch.description))")
    case .resumed: note("\(name) admits writes again")
    case .steppedDown(let reason):
      note("\(name) leads no longer: \(readable(reason))")
      for (index, value) in nodes[name]!.waiting.sorted(by: { $0.key < $1.key }) {
        note("\(name): \(value) at \(index) is in doubt")
      }
      nodes[name]!.waiting = [:]
    case .suspended: note("\(name) has lost its lease")
    case .handedOver(let target):
      precondition(nodes[name]!.waiting.isEmpty, "\(name) signed with writes unanswered")
      note("\(name) hands over to \(self.name(target))")
    case .configurationCommitted(let configuration):
      if nodes[name]!.core!.isActive || nodes[name]!.core!.knownLeader == nodes[name]!.options.id {
        note("\(name) commits \(describe(configuration))")
      }
    case .halt(let reason): note("\(name) halts: \(readable(reason))")
    case .confirmed, .leaderChanged, .notice, .snapshot, .installed: break
    }
  }

  func describe(_ configuration: ClusterConfiguration) -> String {
    let sets = configuration.sets.map { set in set.all.map { name($0.id) }.joined(separator: " ") }
    return "{" + sets.joined(separator: "} and {") + "}"
  }
}
