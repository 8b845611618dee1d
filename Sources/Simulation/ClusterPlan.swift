import Replication

/// What one seed draws: how large the cluster is, how its surroundings behave and which faults it meets.
///
/// Each kind of fault is left out in some runs (swarm testing), since faults can also hide each other.
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
  var network: Network
  var faults: [Fault: Int] = [:]
  var faultInterval: Int64
  /// The length of phase one.
  var faultTime: Int64
  /// The mean pause of a client between two operations.
  var thinkTime: Int64
  var syncTime: ClosedRange<Int64>

  struct Network {
    /// As TCP: in order and complete while a connection lasts. Otherwise messages are lost, doubled and overtaken.
    var ordered: Bool
    var lossPerMillion: Int
    var doublePerMillion: Int
    var latePerMillion: Int
    var delay: ClosedRange<Int64>
  }

  enum Fault: Int, CaseIterable {
    case crash, crashMany, pause, isolate, isolateOneWay, split, cutLink, stallDisk, loseDisk, joinSlave,
      joinMaster, remove, rejoin,
      transfer, fillDisk
  }

  init(dice: inout Dice, defect: SimulationDefect?, mutant: Mutant?) {
    masters = [1, 2, 2, 2, 2, 3][dice.below(6)]
    slaves = 1 + dice.below(7)
    clients = 2 + dice.below(5)
    leaseMilliseconds = [500, 500, 500, 200, 1_000][dice.below(5)]
    useLease = !dice.chance(percent: 20)
    automaticFailback = !dice.chance(percent: 20)
    cacheBytes = dice.chance(percent: 50) ? 8 << 20 : dice.below(4_000)
    lateFlush = dice.chance(percent: 40)
    // The margin of a lease is a tenth, so that 1.045 / 0.955 stays within it.
    drift = dice.chance(percent: 50) ? 45_000 : 100
    let ordered = dice.chance(percent: 50)
    let slow = dice.chance(percent: 20)
    network = Network(
      ordered: ordered, lossPerMillion: ordered ? 0 : dice.below(40_000),
      doublePerMillion: ordered ? 0 : dice.below(20_000), latePerMillion: ordered ? 0 : dice.below(20_000),
      delay: slow ? 1_000_000...10_000_000 : 50_000...800_000)
    for fault in Fault.allCases where dice.chance(percent: 65) { faults[fault] = 1 + dice.below(10) }
    faultInterval = .milliseconds(dice.between(100, 2_000))
    faultTime = .milliseconds(dice.between(6_000, 20_000))
    thinkTime = .milliseconds(dice.between(5, 120))
    syncTime = dice.chance(percent: 80) ? 80_000...600_000 : 500_000...20_000_000
    if defect == .driftBeyondMargin { drift = 300_000 }
    if let defect { provoke(defect) }
    if let mutant { provoke(mutant, dice: &dice) }
  }

  /// Makes the faults that would show a defect likely, so that few runs are enough.
  private mutating func provoke(_ defect: SimulationDefect) {
    masters = max(masters, 2)
    slaves = max(slaves, 3)
    clients = 6
    thinkTime = .milliseconds(20)
    faultInterval = .milliseconds(700)
    useLease = true
    switch defect {
    case .forgetPromises: faults = [.crash: 3, .crashMany: 1]
    case .driftBeyondMargin:
      leaseMilliseconds = 200
      faults = [.isolate: 3, .pause: 1]
    }
  }
}
