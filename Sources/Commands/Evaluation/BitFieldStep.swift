/// One step of BITFIELD.
struct BitFieldStep {
  /// A number of some bits, signed or not.
  struct IntegerType {
    var isSigned: Bool
    var width: Int

    init(_ text: [UInt8]) throws(CommandError) {
      let error = CommandError(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")
      guard let kind = text.first, kind == UInt8(ascii: "i") || kind == UInt8(ascii: "u"),
        let width = Array(text.dropFirst()).parsedInteger
      else { throw error }
      isSigned = kind == UInt8(ascii: "i")
      guard (1...(isSigned ? 64 : 63)).contains(width) else { throw error }
      self.width = Int(width)
    }

    var least: Int64 { isSigned ? .min >> (64 - width) : 0 }
    var most: Int64 { isSigned ? .max >> (64 - width) : .max >> (63 - width) }

    /// The number that the low bits write.
    func number(_ bits: UInt64) -> Int64 {
      let shift = UInt64(64 - width)
      return isSigned
        ? Int64(bitPattern: bits << shift) >> Int64(shift) : Int64(bitPattern: (bits << shift) >> shift)
    }
  }

  /// What becomes of a number that does not fit.
  enum Overflow {
    case wrap, saturate, fail
  }

  enum Change {
    case set(Int64)
    case increment(Int64)
  }

  var type: IntegerType
  var offset: Int
  /// Nil for a step that reads.
  var change: Change?
  var overflow: Overflow

  /// Reads the steps after the key; `offset` reads an offset that may be counted in numbers of a width.
  static func read(
    _ arguments: ArraySlice<[UInt8]>, offset: ([UInt8], Int) throws(CommandError) -> Int
  ) throws(CommandError) -> [BitFieldStep] {
    var steps: [BitFieldStep] = []
    var overflow = Overflow.wrap
    var rest = arguments
    while let word = rest.popFirst() {
      if word.isWord("overflow"), let argument = rest.popFirst() {
        guard let chosen = Overflow(argument) else {
          throw CommandError("ERR Invalid OVERFLOW type specified")
        }
        overflow = chosen
        continue
      }
      let reads = word.isWord("get")
      let isSet = word.isWord("set")
      guard reads || isSet || word.isWord("incrby"), rest.count >= (reads ? 2 : 3) else { throw .syntax }
      let type = try IntegerType(rest.removeFirst())
      var step = BitFieldStep(
        type: type, offset: try offset(rest.removeFirst(), type.width), change: nil, overflow: overflow)
      if !reads {
        let number = try rest.removeFirst().integer()
        step.change = isSet ? .set(number) : .increment(number)
      }
      steps.append(step)
    }
    return steps
  }

  /// Does the step; nil when its number does not fit and nothing is to be done then.
  func run(on bits: inout BitString) -> Int64? {
    let before = type.number(bits.bits(at: offset, width: type.width))
    switch change {
    case nil: return before
    case .set(let number):
      guard
        let after = fitted(
          number, overflows: !(type.least...type.most).contains(number), isAbove: number > 0 || !type.isSigned
        )
      else { return nil }
      bits.setBits(at: offset, width: type.width, to: UInt64(bitPattern: after))
      return before
    case .increment(let amount):
      let (sum, overflows) = before.addingReportingOverflow(amount)
      let fits = !overflows && (type.least...type.most).contains(sum)
      guard let after = fitted(sum, overflows: !fits, isAbove: amount > 0) else { return nil }
      bits.setBits(at: offset, width: type.width, to: UInt64(bitPattern: after))
      return after
    }
  }

  private func fitted(_ number: Int64, overflows: Bool, isAbove: Bool) -> Int64? {
    guard overflows else { return number }
    switch overflow {
    case .wrap: return type.number(UInt64(bitPattern: number))
    case .saturate: return isAbove ? type.most : type.least
    case .fail: return nil
    }
  }
}

extension BitFieldStep.Overflow {
  init?(_ word: [UInt8]) {
    if word.isWord("wrap") {
      self = .wrap
    } else if word.isWord("sat") {
      self = .saturate
    } else if word.isWord("fail") {
      self = .fail
    } else {
      return nil
    }
  }
}
