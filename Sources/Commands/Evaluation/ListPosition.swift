/// The names of a list's elements, which are positions: the order of their bytes is the order of the list.
///
/// An element that is pushed has a place, a number of 19 digits that is next to that of the end. One that is inserted
/// between two neighbours has the digits of the one before it and more after them, as a decimal fraction has: so the
/// others keep their names, however many there are. Such further digits never end with a zero, below which there would
/// be no room.
enum ListPosition {
  /// How many digits a place has.
  static let width = 19
  /// The place of a list's first element, in the middle.
  static let middle: UInt64 = 5_000_000_000_000_000_000
  /// A name that would be longer is a reason to spread those around it anew.
  static let longest = 64
  private static let last: UInt64 = 9_999_999_999_999_999_999
  private static let zero = UInt8(ascii: "0")

  /// The name of an element at a place.
  static func name(of place: UInt64) -> [UInt8] {
    var name = [UInt8](repeating: zero, count: width)
    var (rest, digit) = (place, width - 1)
    while rest > 0 {
      name[digit] = zero + UInt8(rest % 10)
      rest /= 10
      digit -= 1
    }
    return name
  }

  /// The place whose digits a name begins with.
  static func place(of name: [UInt8]) throws(CommandError) -> UInt64 {
    guard name.count >= width, name.allSatisfy({ $0 &- zero <= 9 }) else {
      throw CommandError(
        "ERR an element of the list has the position '\(name.lossyText)', which is no number")
    }
    return name.prefix(width).reduce(0) { $0 * 10 + UInt64($1 - zero) }
  }

  /// The place next to another one on the way out of the list.
  static func next(to place: UInt64, at end: ListEnd) throws(CommandError) -> UInt64 {
    guard place != (end == .head ? 0 : last) else {
      throw CommandError("ERR the list has no room at this end")
    }
    return end == .head ? place - 1 : place + 1
  }

  /// A name between those of two neighbours, of which `low` is the lesser.
  static func between(_ low: [UInt8], _ high: [UInt8]) throws(CommandError) -> [UInt8] {
    let places = try (low: place(of: low), high: place(of: high))
    if places.high - places.low > 1 { return name(of: places.low + (places.high - places.low) / 2) }
    var name = Array(low.prefix(width))
    // Up to the next place there is room for all further digits.
    var isBounded = places.low == places.high
    var digit = width
    while true {
      let least = digit < low.count ? low[digit] - zero : 0
      let most = !isBounded ? 10 : digit < high.count ? high[digit] - zero : 0
      guard most - least < 2 else { return name + [zero + (least + most) / 2] }
      name.append(zero + least)
      if most > least { isBounded = false }
      digit += 1
    }
  }

  /// The names of `count` elements after a place, as far from each other as from the next place.
  static func spread(_ count: Int, after place: UInt64) -> [[UInt8]] {
    var (digits, range) = (1, 10)
    while range < 10 * (count + 1) { (digits, range) = (digits + 1, range * 10) }
    let step = range / (count + 1)
    return (1...max(1, count)).prefix(count).map { number in
      let fraction = Array(String(number * step).utf8)
      var name = name(of: place) + [UInt8](repeating: zero, count: digits - fraction.count) + fraction
      while name.last == zero { name.removeLast() }
      return name
    }
  }
}

/// An end of a list.
enum ListEnd {
  /// Where the index 0 is; the left one.
  case head
  /// The right one.
  case tail

  /// Reads LEFT or RIGHT.
  init(_ word: [UInt8]) throws(CommandError) {
    if word.isWord("left") {
      self = .head
    } else if word.isWord("right") {
      self = .tail
    } else {
      throw .syntax
    }
  }

  /// What clients are told when an element was put there.
  var pushEvent: String { self == .head ? "lpush" : "rpush" }
  /// What they are told when one was taken from there.
  var popEvent: String { self == .head ? "lpop" : "rpop" }
}
