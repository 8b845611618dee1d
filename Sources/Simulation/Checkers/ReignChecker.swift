import Replication

/// One leader an epoch, and silence after the signature of a handover.
struct ReignChecker {
  private struct Reign {
    var machine: Int
    var incarnation: Int
    var signed = false
  }

  private var reigns: [Epoch: Reign] = [:]

  /// Whether nothing was sent in this epoch yet.
  func isNew(_ epoch: Epoch) -> Bool { reigns[epoch] == nil }

  /// A node sends an append in an epoch; returns what is wrong with that, or nil.
  mutating func append(in epoch: Epoch, machine: Int, incarnation: Int) -> String? {
    guard let known = reigns[epoch] else {
      reigns[epoch] = Reign(machine: machine, incarnation: incarnation)
      return nil
    }
    if known.machine != machine || known.incarnation != incarnation {
      return "epoch \(epoch) is led twice: by machine \(known.machine) in its run \(known.incarnation) "
        + "and by machine \(machine) in its run \(incarnation)"
    }
    return known.signed
      ? "machine \(machine) sends an append in epoch \(epoch), which it has signed away" : nil
  }

  mutating func sign(_ epoch: Epoch) { reigns[epoch]?.signed = true }
}
