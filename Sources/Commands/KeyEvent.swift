/// Something that has happened to a key, for those who have subscribed to keyspace notifications.
public struct KeyEvent: Hashable, Sendable {
  /// What kind of event it is; clients ask for kinds by a letter each.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// A command that is for keys of any type, such as DEL or EXPIRE.
    case generic
    /// A command on strings.
    case string
    /// A command on lists.
    case list
    /// A command on sets.
    case set
    /// A command on hashes.
    case hash
    /// A command on sorted sets.
    case sortedSet
    /// The key has gone since its time was up.
    case expired
    /// The key has gone to make room.
    case evicted
    /// The key is there that was not.
    case new
    /// A key was asked for that does not exist.
    case keyMiss
  }

  /// What kind of event it is.
  public var kind: Kind
  /// What Redis calls it, such as `set` or `del`.
  public var name: String
  /// The key.
  public var key: [UInt8]

  /// Makes an event.
  public init(kind: Kind, name: String, key: [UInt8]) {
    self.kind = kind
    self.name = name
    self.key = key
  }

  /// Where it is published to those who listen to a key, and where to those who listen to an event.
  public func messages(_ flags: KeyEventFlags) -> [(channel: [UInt8], payload: [UInt8])] {
    guard flags.contains(KeyEventFlags(kind)) else { return [] }
    var messages: [(channel: [UInt8], payload: [UInt8])] = []
    if flags.contains(.keyspace) { messages.append((Array("__keyspace@0__:".utf8) + key, Array(name.utf8))) }
    if flags.contains(.keyevent) { messages.append((Array("__keyevent@0__:\(name)".utf8), key)) }
    return messages
  }
}

/// Which events of keys are published, as `notify-keyspace-events` has it.
public struct KeyEventFlags: OptionSet, Hashable, Sendable, CustomStringConvertible {
  /// The bits.
  public var rawValue: UInt16
  /// Makes flags from their bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// In the channel of the key.
  public static let keyspace = KeyEventFlags(rawValue: 1 << 10)
  /// In the channel of the event.
  public static let keyevent = KeyEventFlags(rawValue: 1 << 11)
  /// Of streams, of which there are none; kept to be shown.
  private static let stream = KeyEventFlags(rawValue: 1 << 12)
  /// Of modules, of which there are none; kept to be shown.
  private static let module = KeyEventFlags(rawValue: 1 << 13)

  /// The events of one kind.
  public init(_ kind: KeyEvent.Kind) { self.init(rawValue: 1 << kind.rawValue) }

  /// All that the letter A stands for: everything but new keys and keys that were not found.
  private static let all: KeyEventFlags = [
    .init(.generic), .init(.string), .init(.list), .init(.set), .init(.hash), .init(.sortedSet),
    .init(.expired),
    .init(.evicted), .stream, .module,
  ]

  private static let letters: [(letter: Character, flag: KeyEventFlags)] = [
    ("g", .init(.generic)), ("$", .init(.string)), ("l", .init(.list)), ("s", .init(.set)),
    ("h", .init(.hash)),
    ("z", .init(.sortedSet)), ("x", .init(.expired)), ("e", .init(.evicted)), ("t", .stream), ("d", .module),
  ]
  private static let others: [(letter: Character, flag: KeyEventFlags)] = [
    ("n", .init(.new)), ("K", .keyspace), ("E", .keyevent), ("m", .init(.keyMiss)),
  ]

  /// Reads the letters of `notify-keyspace-events`; nil if one of them is none.
  public init?(letters text: String) {
    self = []
    for letter in text {
      if letter == "A" {
        formUnion(Self.all)
      } else if let known = (Self.letters + Self.others).first(where: { $0.letter == letter }) {
        insert(known.flag)
      } else {
        return nil
      }
    }
  }

  /// Whether anything is published at all.
  public var isPublishing: Bool {
    !isDisjoint(with: [.keyspace, .keyevent]) && !subtracting([.keyspace, .keyevent]).isEmpty
  }

  /// The letters in the order in which Redis shows them.
  public var description: String {
    var text = ""
    if isSuperset(of: Self.all) {
      text = "A"
    } else {
      for (letter, flag) in Self.letters where contains(flag) { text.append(letter) }
    }
    for (letter, flag) in Self.others where contains(flag) { text.append(letter) }
    return text
  }
}
