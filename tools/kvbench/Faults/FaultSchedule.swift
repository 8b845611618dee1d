import Replication

/// The faults of a run, one episode after the other: a function of the seed and of what is permitted.
struct FaultSchedule {
  /// Faults that overlap, each so many milliseconds after the one before it; then the cluster may recover.
  struct Episode: Hashable, Sendable {
    var faults: [(fault: Fault, after: Int)]
    /// How long all is well before it.
    var pause: Int
    /// Whether the cluster must be whole before it begins; if not, faults meet one that still recovers.
    var waitsUntilWhole: Bool

    static func == (a: Episode, b: Episode) -> Bool {
      a.pause == b.pause && a.waitsUntilWhole == b.waitsUntilWhole
        && a.faults.elementsEqual(b.faults) { $0.fault == $1.fault && $0.after == $1.after }
    }

    func hash(into hasher: inout Hasher) { for (fault, _) in faults { hasher.combine(fault) } }
  }

  /// A master that is gone for so many milliseconds has lost its lease, whatever the other's back-off.
  static let longEnough = 1_500

  private var random: SplitMix64
  private let kinds: [FaultKind]
  private let slaves: Int
  private let smallDisks: Int
  private let onlyKillsOfActive: Bool

  /// - Parameters:
  ///   - kinds: What is permitted; at least one.
  ///   - smallDisks: How many nodes have disks that can be filled.
  ///   - onlyKillsOfActive: Kills of the active master and nothing else.
  init(seed: UInt64, kinds: Set<FaultKind>, slaves: Int, smallDisks: Int, onlyKillsOfActive: Bool = false) {
    random = SplitMix64(seed: seed)
    self.kinds = FaultKind.allCases.filter { kinds.contains($0) }
    self.slaves = slaves
    self.smallDisks = smallDisks
    self.onlyKillsOfActive = onlyKillsOfActive
  }

  mutating func next() -> Episode {
    if onlyKillsOfActive {
      // Now and then the next kill meets a cluster that is still handing over.
      return Episode(
        faults: [(.kill(.active, milliseconds: random.draw(0...400)), 0)], pause: random.draw(0...300),
        waitsUntilWhole: !random.oneIn(4))
    }
    var faults = [(fault: draw(), after: 0)]
    // Mostly one alone, so that gaps can be measured; else two or three that overlap.
    if random.oneIn(3) {
      for _ in 0...random.draw(0...1) {
        let fault = draw()
        // What is lost must be refilled before more is lost: that much the promise asks for.
        if fault.kind == .diskLoss, faults.contains(where: { $0.fault.kind == .diskLoss }) { continue }
        faults.append((fault, random.draw(0...1_200)))
      }
    }
    let isLoss = faults.contains { $0.fault.kind == .diskLoss }
    return Episode(
      faults: faults, pause: random.draw(100...900), waitsUntilWhole: isLoss || !random.oneIn(6))
  }

  private mutating func draw() -> Fault {
    // Kills and stops of masters are what the store is built to survive: they come most.
    let weights: [FaultKind: Int] = [.kill: 6, .stop: 4, .partition: 4, .delay: 2, .restart: 3]
    var ticket = random.draw(1...kinds.reduce(0) { $0 + weights[$1, default: 1] })
    let kind = kinds.first {
      ticket -= weights[$0, default: 1]
      return ticket <= 0
    }!
    switch kind {
    case .kill: return .kill(target(), milliseconds: random.draw(0...2_500))
    case .stop:
      return .stop(
        target(), milliseconds: random.oneIn(3) ? random.draw(20...600) : random.draw(1_500...4_000))
    case .partition:
      let milliseconds = random.oneIn(4) ? random.draw(50...700) : random.draw(1_500...4_000)
      if random.oneIn(4) {
        return .split(slavesWithActive: random.draw(0...slaves), milliseconds: milliseconds)
      }
      return .cut(target(), Fault.Cut.allCases[random.draw(0...3)], milliseconds: milliseconds)
    case .delay:
      return .delay(
        random.oneIn(2) ? nil : target(), strength: random.draw(1...3),
        milliseconds: random.draw(1_000...5_000))
    case .diskFull:
      return .diskFull(
        random.draw(0...max(0, smallDisks - 1)),
        bytesLeft: [40 << 20, 16 << 20, 256 << 10, 0][random.draw(0...3)],
        milliseconds: random.draw(1_500...5_000))
    case .diskLoss:
      return .diskLoss(slave: random.draw(0...slaves - 1), milliseconds: random.draw(0...2_000))
    case .restart:
      let offset = random.draw(0...10_000_000)
      if random.oneIn(3) { return .blackout(order: random.next(), clockOffset: offset) }
      return .restart(target(), isClean: random.oneIn(2), clockOffset: offset)
    }
  }

  private mutating func target() -> Target {
    switch random.draw(1...6) {
    case ...3: .active
    case 4: .standby
    default: .slave(random.draw(0...slaves - 1))
    }
  }
}
