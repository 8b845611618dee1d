/// A string as Redis counts its bits: the first one is the highest of the first byte.
struct BitString {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { bytes.count * 8 }

  /// A bit; zero beyond the end, which grows when it is set there.
  subscript(offset: Int) -> Bool {
    get { offset / 8 < bytes.count && bytes[offset / 8] & (0x80 >> UInt8(offset % 8)) != 0 }
    set {
      grow(toHold: offset + 1)
      let mask: UInt8 = 0x80 >> UInt8(offset % 8)
      if newValue { bytes[offset / 8] |= mask } else { bytes[offset / 8] &= ~mask }
    }
  }

  /// Adds zeros until there are so many bits.
  mutating func grow(toHold bits: Int) {
    let missing = (bits + 7) / 8 - bytes.count
    if missing > 0 { bytes += [UInt8](repeating: 0, count: missing) }
  }

  /// How many bits of a range are set.
  func count(in range: Range<Int>) -> Int {
    var count = 0
    var offset = range.lowerBound
    while offset < range.upperBound {
      if offset % 8 == 0, offset + 8 <= range.upperBound {
        count += bytes[offset / 8].nonzeroBitCount
        offset += 8
      } else {
        if self[offset] { count += 1 }
        offset += 1
      }
    }
    return count
  }

  /// The first bit of a range that is set, or clear.
  func first(_ bit: Bool, in range: Range<Int>) -> Int? {
    let dull: UInt8 = bit ? 0 : 0xFF
    var offset = range.lowerBound
    while offset < range.upperBound {
      if offset % 8 == 0, offset + 8 <= range.upperBound, bytes[offset / 8] == dull {
        offset += 8
      } else if self[offset] == bit {
        return offset
      } else {
        offset += 1
      }
    }
    return nil
  }

  /// The bits from an offset on as a number, the highest first.
  func bits(at offset: Int, width: Int) -> UInt64 {
    (offset..<offset + width).reduce(0) { $0 << 1 | (self[$1] ? 1 : 0) }
  }

  /// Sets the bits from an offset on to the low bits of a number.
  mutating func setBits(at offset: Int, width: Int, to value: UInt64) {
    for place in 0..<width { self[offset + place] = value >> UInt64(width - 1 - place) & 1 == 1 }
  }
}

/// A part of a string as BITCOUNT and BITPOS name it: from one byte or bit through another, negative ones counted from
/// the end.
struct BitRange {
  private let start: Int64
  private let end: Int64
  private let isInBits: Bool
  /// Whether its end was given.
  let hasEnd: Bool

  init(_ options: ArraySlice<[UInt8]>) throws(CommandError) {
    let options = Array(options)
    start = try options[0].integer()
    hasEnd = options.count > 1
    end = hasEnd ? try options[1].integer() : -1
    guard options.count > 2 else {
      isInBits = false
      return
    }
    isInBits = options[2].isWord("bit")
    guard isInBits || options[2].isWord("byte") else { throw .syntax }
  }

  func bits(of bits: BitString) -> Range<Int> {
    let count = Int64(isInBits ? bits.count : bits.bytes.count)
    if start < 0, end < 0, start > end { return 0..<0 }
    let first = max(0, start < 0 ? count + start : start)
    let last = min(count - 1, max(0, end < 0 ? count + end : end))
    guard first <= last else { return 0..<0 }
    let unit = isInBits ? 1 : 8
    return Int(first) * unit..<(Int(last) + 1) * unit
  }
}
