import Replication

/// What one seed draws: how large the cluster is, how its surroundings behave and which faults it meets.
struct ClusterPlan {
  var masters: Int
  var slaves: Int
  var clients: Int
  var leaseMilliseconds: Int64
  var useLease: Bool
  var automaticFailback: Bool
  var cacheBytes: Int
  /// Proposals wait for others to come, so that a flush comes up to a millisecond later.
  var lateFlush: Bool
  /// Millionths by which the clocks may run too fast or too slow.
  var drift: Int64
  /// The clocks keep no margin at all. Writes must be safe then too, and reads that do not rest on a lease.
  var driftsBeyondMargin: Bool
  /// The masters' clocks are all slow and the slaves' fast: the worst case for a lease.
  var opposedClocks = false
  /// How long a crashed node stays down.
  var restartTime: ClosedRange<Int64> = .milliseconds(5) ... .milliseconds(3_000)
  /// A master that is handed the lead has a slow disk at that moment, and the others but the signer cannot reach it.
  var delaysHandoverTargets = false
  /// A person asks for a change of members whenever a partition begins.
  var changesMembersInPartitions = false
  /// Some values are so large that their way over the network takes as long as a lease.
  var largeValues: Bool
  var network: Network
  /// The nodes trim their logs, all the time.
  var trims: Bool
  /// The newest entries, which stay in the logs.
  var keptEntries: LogIndex
  /// Whether every second node keeps much more than that, so that two masters can have logs of different length.
  var trimsUnevenly = false
  /// How long a node takes to check and install a snapshot, in nanoseconds.
  var installTime: ClosedRange<Int64> = 1_000_000...60_000_000
  /// How many entries stay for a follower that lags.
  var followerLag: LogIndex
  /// The kinds of fault that this run meets, each with its weight.
  var faults: [(kind: SimulatedFault, weight: Int)] = []
  var faultInterval: Int64
  /// The nodes are started within this time.
  var startSpan: Int64
  /// The length of phase one.
  var faultTime: Int64
  /// The mean pause of a client between two operations.
  var thinkTime: Int64
  var syncTime: ClosedRange<Int64>
  /// After so long a write is answered as in doubt.
  var writeTimeout: Int64
  var readTimeout: Int64

  struct Network {
    /// As TCP: in order and complete while a connection lasts. Otherwise messages are lost, doubled and overtaken.
    var ordered: Bool
    var lossPerMillion: Int
    var doublePerMillion: Int
    var latePerMillion: Int
    var delay: ClosedRange<Int64>
    /// Bytes a second of one connection.
    var bandwidth: Int64
  }

  init(dice: inout Dice, defect: SimulationDefect?) {
    masters = [1, 2, 2, 2, 2, 3][dice.below(6)]
    slaves = 1 + dice.below(7)
    clients = 2 + dice.below(5)
    leaseMilliseconds = [500, 500, 500, 200, 1_000][dice.below(5)]
    driftsBeyondMargin = dice.chance(percent: 10)
    useLease = !dice.chance(percent: 20) && !driftsBeyondMargin
    automaticFailback = !dice.chance(percent: 20)
    cacheBytes = dice.chance(percent: 50) ? 8 << 20 : dice.below(4_000)
    lateFlush = dice.chance(percent: 40)
    // The margin of a lease is a tenth, so that 1.045 / 0.955 stays within it.
    drift = driftsBeyondMargin ? 300_000 : dice.chance(percent: 50) ? 45_000 : 100
    largeValues = dice.chance(percent: 20)
    let ordered = dice.chance(percent: 50)
    let slow = dice.chance(percent: 20)
    network = Network(
      ordered: ordered, lossPerMillion: ordered ? 0 : dice.below(40_000),
      doublePerMillion: ordered ? 0 : dice.below(20_000), latePerMillion: ordered ? 0 : dice.below(20_000),
      delay: slow ? 1_000_000...10_000_000 : 50_000...800_000,
      bandwidth: dice.between(1, 32) << 20)
    for fault in SimulatedFault.allCases where dice.chance(percent: fault == .ambush ? 80 : 55) {
      faults.append((fault, (fault == .ambush ? 10 : 1) + dice.below(10)))
    }
    faultInterval = .milliseconds(dice.between(100, 2_000))
    startSpan = .milliseconds(dice.chance(percent: 80) ? 100 : 2_500)
    faultTime = .milliseconds(dice.between(6_000, 20_000))
    thinkTime = .milliseconds(dice.between(10, 240))
    syncTime = dice.chance(percent: 80) ? 80_000...600_000 : 500_000...20_000_000
    writeTimeout = .milliseconds(dice.between(300, 2_000))
    readTimeout = .milliseconds(dice.between(200, 1_000))
    // Drawn aside, so that a run without trimming is what it was.
    var aside = dice
    trims = aside.chance(percent: 70)
    keptEntries = LogIndex(aside.below(40))
    followerLag = LogIndex(aside.chance(percent: 50) ? aside.below(60) : 1_000)
    trimsUnevenly = aside.chance(percent: 40)
    if aside.chance(percent: 20) { installTime = 100_000_000...2_000_000_000 }
    if let defect { provoke(defect) }
  }

  /// Makes the faults that would show a defect likely, so that few runs are enough.
  private mutating func provoke(_ defect: SimulationDefect) {
    masters = max(masters, 2)
    slaves = max(slaves, 3)
    clients = 6
    thinkTime = .milliseconds(20)
    faultInterval = .milliseconds(700)
    useLease = true
    driftsBeyondMargin = defect == .driftBeyondMargin
    drift = driftsBeyondMargin ? 300_000 : drift
    switch defect {
    case .forgetPromises: faults = [(.crash, 3), (.crashMany, 1)]
    case .driftBeyondMargin:
      leaseMilliseconds = 200
      faults = [(.isolate, 3), (.pause, 1)]
    }
  }
}

extension ClusterPlan: CustomStringConvertible {
  /// A line for the transcript.
  var description: String {
    let kinds = faults.map { "\($0.kind.rawValue) \($0.weight)" }.joined(separator: ", ")
    return "\(masters) masters, \(slaves) slaves, \(clients) clients; lease \(leaseMilliseconds) ms, "
      + "reads by \(useLease ? "lease" : "confirmation"), failback \(automaticFailback ? "on" : "off"); "
      + "clocks drift by \(drift) ppm; network \(network.ordered ? "in order" : "without order"); "
      + "\(largeValues ? "large values; " : "")"
      + (trims ? "logs keep \(keptEntries) entries, \(followerLag) for who lags; " : "") + "faults: \(kinds)"
  }
}
