import Replication

/// One stream of chance. Each part of the world has its own, so that a change in one does not reshuffle all.
struct Dice {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  /// A new stream that depends on this one.
  mutating func fork() -> Dice { Dice(seed: generator.next()) }

  mutating func bits() -> UInt64 { generator.next() }

  /// A number from 0 up to, but without, `bound`.
  mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }

  mutating func between(_ low: Int64, _ high: Int64) -> Int64 {
    low >= high ? low : low + Int64(generator.next() % UInt64(high - low + 1))
  }

  /// True in so many of a million cases.
  mutating func chance(perMillion share: Int) -> Bool { share > 0 && below(1_000_000) < share }

  mutating func chance(percent share: Int) -> Bool { share > 0 && below(100) < share }

  mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }

  mutating func shuffle<Element>(_ elements: inout [Element]) { elements.shuffle(using: &generator) }
}
