/// Draws commands on a group of keys.
struct CommandDice {
  private var valuesMade = 0

  struct Draw {
    var words: [[UInt8]]
    var isRead: Bool
    /// The key that ends, and when in milliseconds of Unix time, if the command gives one an end.
    var expiry: (key: [UInt8], at: Int64)?
  }

  /// A command; `wall` is the true time in milliseconds of Unix time, `extra` makes values long.
  mutating func draw(on group: KeyGroup, wall: Int64, extra: Int, _ dice: inout Dice) -> Draw {
    switch group.kind {
    case .strings: strings(group, extra: extra, &dice)
    case .counter: counter(group, &dice)
    case .expiring: expiring(group, wall: wall, &dice)
    }
  }

  private mutating func newValue() -> String {
    valuesMade += 1
    return "v\(valuesMade)."
  }

  private mutating func strings(_ group: KeyGroup, extra: Int, _ dice: inout Dice) -> Draw {
    let (key, other) = (dice.pick(group.keys) ?? [], group.keys[0])
    func name(_ key: [UInt8]) -> String { String(decoding: key, as: UTF8.self) }
    let pair = group.keys.map(name)
    let k = name(key)
    switch dice.below(34) {
    case 0..<8: return read("GET \(k)")
    case 8..<10: return read("MGET \(pair[0]) \(pair[1])")
    case 10: return read("EXISTS \(pair[0]) \(pair[1])")
    case 11: return read("STRLEN \(name(other))")
    case 12..<17: return write("SET \(k) \(newValue())", extra: extra)
    case 17: return write("SET \(k) \(newValue()) NX")
    case 18: return write("SET \(k) \(newValue()) XX")
    case 19: return write("SET \(k) \(newValue()) GET")
    case 20: return write("SET \(k) \(newValue()) XX GET")
    case 21: return write("SETNX \(k) \(newValue())")
    case 22: return write("GETSET \(k) \(newValue())")
    case 23: return write("GETDEL \(k)")
    case 24..<26: return write("DEL \(k)")
    case 26: return write("DEL \(pair[0]) \(pair[1])")
    case 27..<29: return write("APPEND \(k) \(newValue())")
    case 29: return write("MSETNX \(pair[0]) \(newValue()) \(pair[1]) \(newValue())")
    case 30: return write("WRITE \(k) \(newValue())")
    case 31: return read("GETRANGE \(k) \(dice.below(4)) -1")
    case 32: return write("SETRANGE \(k) \(dice.below(6)) \(newValue())")
    default: return write("MSET \(pair[0]) \(newValue()) \(pair[1]) \(newValue())")
    }
  }

  private func counter(_ group: KeyGroup, _ dice: inout Dice) -> Draw {
    let key = String(decoding: group.keys[0], as: UTF8.self)
    switch dice.below(13) {
    case 0..<4: return read("GET \(key)")
    case 4..<8: return write("INCR \(key)")
    case 8: return write("DECR \(key)")
    case 9..<11: return write("INCRBY \(key) \(dice.below(100))")
    case 11: return write("DECRBY \(key) \(dice.below(100))")
    default: return write("DEL \(key)")
    }
  }

  private mutating func expiring(_ group: KeyGroup, wall: Int64, _ dice: inout Dice) -> Draw {
    let key = String(decoding: group.keys[0], as: UTF8.self)
    // Some ends are past already: such a key is never there.
    let end = wall + dice.between(-100, 1_500)
    switch dice.below(16) {
    case 0..<6: return read("GET \(key)")
    case 6: return read("PEXPIRETIME \(key)")
    case 7: return read("EXISTS \(key)")
    case 8..<11: return write("SET \(key) \(newValue()) PXAT \(end)", ending: group.keys[0], at: end)
    case 11: return write("GETEX \(key) PXAT \(end)", ending: group.keys[0], at: end)
    case 12: return write("PEXPIREAT \(key) \(end)", ending: group.keys[0], at: end)
    case 13: return write("SET \(key) \(newValue()) KEEPTTL")
    case 14: return write("PERSIST \(key)")
    default: return write("SET \(key) \(newValue()) NX PXAT \(end)", ending: group.keys[0], at: end)
    }
  }

  private func read(_ text: String) -> Draw { Draw(words: Self.words(text), isRead: true) }

  private func write(_ text: String, ending key: [UInt8]? = nil, at end: Int64 = 0, extra: Int = 0) -> Draw {
    var words = Self.words(text)
    if extra > 0 { words[words.count - 1] += repeatElement(UInt8(ascii: "x"), count: extra) }
    return Draw(words: words, isRead: false, expiry: key.map { ($0, end) })
  }

  static func words(_ text: String) -> [[UInt8]] {
    text.utf8.split(separator: UInt8(ascii: " ")).map(Array.init)
  }
}
