import Replication

/// Changes inputs at random, the same way for the same seed: what is run where no coverage guides the fuzzer.
public struct Mutator {
  private var random: SplitMix64
  /// Bytes that mean something to one parser or another.
  private static let words: [[UInt8]] =
    [
      "\r\n", "*", "$", "-1", "0", "*1000000000\r\n", "$99999999999\r\n", "9223372036854775807",
      "-9223372036854775808", "18446744073709551615", "\"", "'", "\\x", "PX", "EX", "NX", "GET", "SET",
      "%1\r\n", "|1\r\n",
      "=4\r\ntxt:\r\n", "_\r\n",
    ].map { Array($0.utf8) } + [
      [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0, 0, 0, 0],
      [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x80, 0x80, 0x80, 0x80, 0x01],
    ]

  /// A mutator that is determined by its seed.
  public init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(random.next() % UInt64(bound)) : 0 }

  /// A new input from one of a corpus, with parts of the others.
  public mutating func input(from corpus: [[UInt8]]) -> [UInt8] {
    guard !corpus.isEmpty else {
      return (0..<below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
    var input = corpus[below(corpus.count)]
    for _ in 0...below(4) { change(&input, with: corpus) }
    return input
  }

  private mutating func change(_ input: inout [UInt8], with corpus: [[UInt8]]) {
    let place = below(input.count + 1)
    switch below(8) {
    case 0 where place < input.count: input[place] ^= 1 << UInt8(below(8))
    case 1 where place < input.count: input[place] = UInt8(truncatingIfNeeded: random.next())
    case 2: input.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
    case 3: input.removeSubrange(place..<min(input.count, place + 1 + below(16)))
    case 4: input.removeSubrange(place...)
    case 5: input.insert(contentsOf: Self.words[below(Self.words.count)], at: place)
    case 6:
      let end = min(input.count, place + below(64))
      input.insert(contentsOf: input[place..<end], at: below(input.count + 1))
    default:
      let other = corpus[below(corpus.count)]
      input.replaceSubrange(place..., with: other.dropFirst(below(other.count + 1)))
    }
  }
}
