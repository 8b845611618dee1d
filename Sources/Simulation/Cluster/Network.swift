import Replication

/// Links between machines, of which at least one is a master, and what stands in their way.
struct Network {
  /// Room for the machines that join later.
  static let limit = 24

  struct Link {
    /// Whether the lower and the higher machine believe that the link is up.
    var up = [false, false]
    var ids = [NodeID(0), NodeID(0)]
    var session = 0
    var attemptScheduled = false
    /// Messages of an ordered link arrive in order: the last arrival in each direction.
    var lastArrival: [Int64] = [0, 0]
    /// Something of this session was lost in a partition, so that it cannot go on after it.
    var torn = false
  }

  var plan: ClusterPlan.Network
  var links: [Link]
  /// How many partitions stand in each direction.
  private var blocks: [Int]
  private var partitions: [Int: [(from: Int, to: Int)]] = [:]
  private var partitionsMade = 0

  init(plan: ClusterPlan.Network) {
    self.plan = plan
    links = Array(repeating: Link(), count: Network.limit * Network.limit)
    blocks = Array(repeating: 0, count: Network.limit * Network.limit)
  }

  static func link(_ a: Int, _ b: Int) -> Int { min(a, b) * limit + max(a, b) }
  static func ends(of link: Int) -> (low: Int, high: Int) { (link / limit, link % limit) }

  func isBlocked(from sender: Int, to receiver: Int) -> Bool { blocks[sender * Network.limit + receiver] > 0 }

  func isBlocked(link: Int) -> Bool {
    let (low, high) = Network.ends(of: link)
    return isBlocked(from: low, to: high) || isBlocked(from: high, to: low)
  }

  /// Blocks these directions and returns the number of the partition.
  mutating func block(_ pairs: [(from: Int, to: Int)]) -> Int {
    for pair in pairs { blocks[pair.from * Network.limit + pair.to] += 1 }
    partitionsMade += 1
    partitions[partitionsMade] = pairs
    return partitionsMade
  }

  mutating func unblock(partition: Int) {
    for pair in partitions.removeValue(forKey: partition) ?? [] {
      blocks[pair.from * Network.limit + pair.to] -= 1
    }
  }

  mutating func unblockAll() {
    partitions = [:]
    blocks = Array(repeating: 0, count: blocks.count)
  }
}

extension Cluster {
  // MARK: Messages

  func send(_ outbound: Outbound, from machine: Machine) {
    inspect(outbound, from: machine)
    let size = outbound.message.largeSize
    for (receiver, place, at) in arrivals(from: machine, to: outbound.to, size: size) {
      queue.push(
        .message(
          outbound.message, from: machine.id, to: outbound.to, machine: receiver, link: place,
          session: network.links[place].session), at: at)
    }
  }

  /// Where and when a message of so many bytes, if it is a large one, arrives: not at all, once or twice.
  func arrivals(
    from machine: Machine, to node: NodeID, size: Int64
  ) -> [(receiver: Int, link: Int, at: Int64)] {
    guard let receiver = machineOf[node], receiver != machine.index else { return [] }
    let place = Network.link(machine.index, receiver)
    let side = machine.index < receiver ? 0 : 1
    guard network.links[place].up[side], network.links[place].ids[1 - side] == node else { return [] }
    guard !network.isBlocked(from: machine.index, to: receiver) else {
      network.links[place].torn = true
      return []
    }
    let plan = network.plan
    guard !networkDice.chance(perMillion: plan.lossPerMillion) else { return [] }
    var arrivals: [(receiver: Int, link: Int, at: Int64)] = []
    let copies = networkDice.chance(perMillion: plan.doublePerMillion) ? 2 : 1
    for _ in 0..<copies {
      var at = time + networkDice.between(plan.delay.lowerBound, plan.delay.upperBound)
      if networkDice.chance(perMillion: plan.latePerMillion) {
        // Some so late that their sender has crashed and returned since, and others lead.
        at += networkDice.between(0, networkDice.chance(percent: 25) ? 12_000_000_000 : 1_500_000_000)
      }
      let transfer = size * 1_000_000_000 / plan.bandwidth
      at += transfer
      if plan.ordered {
        at = max(at, network.links[place].lastArrival[side] + 1)
        network.links[place].lastArrival[side] = at
      }
      if transfer > 0 { pushHearing(until: at, for: transfer, receiver, machine, place) }
      arrivals.append((receiver, place, at))
    }
    return arrivals
  }

  /// A connection that has ended delivers nothing more. Without connections late messages still come.
  func isHeard(by machine: Machine, link: Int, session: Int) -> Bool {
    guard network.plan.ordered else { return true }
    let side = Network.ends(of: link).low == machine.index ? 0 : 1
    return network.links[link].session == session && network.links[link].up[side]
  }

  func arrive(
    _ message: Message, from sender: NodeID, to receiver: NodeID, at machine: Machine, link: Int, session: Int
  ) {
    guard machine.isRunning, machine.id == receiver, isHeard(by: machine, link: link, session: session) else {
      return
    }
    if network.links[link].session != session { counts.paths[.lateMessage] += 1 }
    trace.mix(sender.rawValue)
    give(.event(.received(message, from: sender)), to: machine)
  }

  /// A large message is heard in parts; with TCP all that is said later waits behind it.
  private func pushHearing(
    until end: Int64, for span: Int64, _ receiver: Int, _ machine: Machine, _ place: Int
  ) {
    let parts: Int64 = 6
    for part in 1..<parts {
      queue.push(
        .hearing(
          from: machine.id, machine: receiver, link: place, session: network.links[place].session),
        at: max(time, end - span / parts * part))
    }
  }

  func hear(from sender: NodeID, at machine: Machine, link: Int, session: Int) {
    let side = Network.ends(of: link).low == machine.index ? 0 : 1
    guard machine.isRunning, network.links[link].session == session, network.links[link].up[side] else {
      return
    }
    counts.paths[.heardInParts] += 1
    give(.event(.hearing(sender)), to: machine)
  }

  // MARK: Links

  /// Plans a connection wherever two running machines have none and nothing stands between them.
  func ensureLinks() {
    for high in machines.indices {
      for low in 0..<high where machines[low].role.isMaster || machines[high].role.isMaster {
        let place = Network.link(low, high)
        guard mayConnect(place), !network.links[place].attemptScheduled else { continue }
        network.links[place].attemptScheduled = true
        schedule(.connect(link: place), after: networkDice.between(500_000, 60_000_000))
      }
    }
  }

  private func mayConnect(_ place: Int) -> Bool {
    let (low, high) = Network.ends(of: place)
    return machines[low].isRunning && machines[high].isRunning && network.links[place].up != [true, true]
      && !network.isBlocked(link: place)
  }

  func connect(_ place: Int) {
    network.links[place].attemptScheduled = false
    guard mayConnect(place) else { return }
    let (low, high) = Network.ends(of: place)
    endSession(place)
    let pair = [machines[low], machines[high]]
    let introductions = pair.map(\.introduction)
    if let a = introductions[0].cluster, let b = introductions[1].cluster, a != b {
      return fail(pair[0], Broken(.oneBirth, "belongs to cluster \(a), and \(pair[1].name) to cluster \(b)"))
    }
    network.links[place].session += 1
    network.links[place].up = [true, true]
    network.links[place].ids = pair.map(\.id)
    network.links[place].torn = false
    trace.mix(place)
    for (side, machine) in pair.enumerated() {
      let peer = introductions[1 - side]
      give(.event(.connected(peer, dialed: peer.role.isMaster ? peer.address : nil)), to: machine)
    }
  }

  /// Tells each end that still believes in the link that it is gone.
  private func endSession(_ place: Int) {
    let (low, high) = Network.ends(of: place)
    for (side, index) in [low, high].enumerated() where network.links[place].up[side] {
      network.links[place].up[side] = false
      give(.event(.disconnected(network.links[place].ids[1 - side])), to: machines[index])
    }
  }

  func connectionLost(_ place: Int, end: Int, session: Int, onlyIfBlocked: Bool) {
    guard network.links[place].session == session, !onlyIfBlocked || network.isBlocked(link: place) else {
      return
    }
    let (low, high) = Network.ends(of: place)
    let side = end == low ? 0 : 1
    guard network.links[place].up[side] else { return }
    network.links[place].up[side] = false
    give(.event(.disconnected(network.links[place].ids[1 - side])), to: machines[end])
    let other = side == 0 ? high : low
    if network.links[place].up[1 - side] {
      loseConnection(place, end: other, within: network.isBlocked(link: place) ? 1_500 : 5)
    }
    ensureLinks()
  }

  private func loseConnection(_ place: Int, end: Int, within milliseconds: Int64, onlyIfBlocked: Bool = false)
  {
    schedule(
      .connectionLost(
        link: place, end: end, session: network.links[place].session, onlyIfBlocked: onlyIfBlocked),
      after: networkDice.between(50_000, .milliseconds(milliseconds)))
  }

  /// A process has ended: its side of each link is gone, the other side hears of it soon.
  func dropLinks(of machine: Machine) {
    for other in machines where other !== machine {
      let place = Network.link(machine.index, other.index)
      let side = machine.index < other.index ? 0 : 1
      network.links[place].up[side] = false
      if network.links[place].up[1 - side] {
        loseConnection(place, end: other.index, within: network.isBlocked(link: place) ? 1_500 : 3)
      }
    }
  }

  /// Cuts one connection, as a reset does; it comes back by itself.
  func resetLink(_ place: Int) {
    let (low, high) = Network.ends(of: place)
    loseConnection(place, end: low, within: 2)
    loseConnection(place, end: high, within: 2)
  }

  // MARK: Partitions

  /// Starts a partition; each end of a link in its way notices after a while.
  func startPartition(_ pairs: [(from: Int, to: Int)], for span: Int64) {
    let partition = network.block(pairs)
    for pair in pairs {
      let place = Network.link(pair.from, pair.to)
      loseConnection(place, end: pair.from, within: 2_000, onlyIfBlocked: true)
      loseConnection(place, end: pair.to, within: 2_000, onlyIfBlocked: true)
    }
    schedule(.heal(partition: partition), after: span)
  }

  func heal(partition: Int) {
    network.unblock(partition: partition)
    mendLinks()
  }

  /// Whatever no partition stands in the way of any more comes back; a torn connection only as a new one.
  func mendLinks() {
    for place in network.links.indices where network.links[place].torn && !network.isBlocked(link: place) {
      network.links[place].torn = false
      if network.plan.ordered { resetLink(place) }
    }
    ensureLinks()
  }
}

extension Message {
  /// The bytes of a message that is so large that its way takes time; 0 of any other.
  fileprivate var largeSize: Int64 {
    let entries: [Entry]
    switch self {
    case .append(let append): entries = append.entries
    case .pullReply(let reply): entries = reply.entries
    default: return 0
    }
    let bytes = entries.reduce(0) { $0 + $1.approximateSize }
    return bytes > 64 << 10 ? Int64(bytes) : 0
  }
}
