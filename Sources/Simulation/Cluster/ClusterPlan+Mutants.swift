import Replication

// Circumstances in which each mutant does harm.

extension Mutant {
  /// Within so many seeds the simulator must find it.
  package var seeds: Int { 40 }
}

extension ClusterPlan {
  mutating func provoke(_ mutant: Mutant, dice: inout Dice) {
    masters = max(masters, 2)
    slaves = max(slaves, 3)
    clients = 6
    thinkTime = .milliseconds(20)
    faultInterval = .milliseconds(700)
  }
}
