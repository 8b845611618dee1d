import Replication

/// What a power cut leaves of what was written and not fsynced.
public enum Survival: Hashable, Sendable {
  /// Nothing of it.
  case nothing
  /// All of it, as if the disk had been quicker.
  case everything
  /// A subset that follows from the seed: later writes may be kept and earlier ones lost, and a write may be torn
  /// at the borders of sectors of 512 bytes.
  case some(seed: UInt64)
}

/// Decides for each write that was not fsynced.
struct SurvivalDice {
  enum Fate {
    case kept, lost, torn
  }

  static let sectorSize = 512

  private let fixed: Fate?
  private var generator: SplitMix64
  private let share: UInt64

  init(_ survival: Survival) {
    switch survival {
    case .nothing: (fixed, generator) = (.lost, SplitMix64(seed: 0))
    case .everything: (fixed, generator) = (.kept, SplitMix64(seed: 0))
    case .some(let seed): (fixed, generator) = (nil, SplitMix64(seed: seed))
    }
    share = [15, 50, 85][Int(generator.next() % 3)]
  }

  mutating func fate() -> Fate {
    if let fixed { return fixed }
    if generator.next() % 100 < share { return .kept }
    return generator.next() % 3 == 0 ? .torn : .lost
  }

  /// The parts of a write that survive when it is torn: its first sectors, or any of them.
  mutating func remains(of range: Range<Int>) -> [Range<Int>] {
    let size = Self.sectorSize
    var sectors: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(range.upperBound, (start / size + 1) * size)
      sectors.append(start..<end)
      start = end
    }
    if generator.next() % 2 == 0 {
      return Array(sectors.prefix(Int(generator.next() % UInt64(sectors.count))))
    }
    return sectors.filter { _ in generator.next() % 2 == 0 }
  }
}
