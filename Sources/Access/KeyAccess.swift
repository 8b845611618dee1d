import Commands

/// One key that a command touches, and how.
struct KeyAccess: Sendable {
  var key: [UInt8]
  /// Whether something of the value can be learned.
  var reads: Bool
  /// Whether the value may become another.
  var writes: Bool
}

/// One channel that a command uses.
struct ChannelAccess: Sendable {
  var channel: [UInt8]
  /// Whether it is itself a pattern, which must then stand among the user's own as it is.
  var isPattern: Bool
}

extension Command {
  /// What the command does with the keys among its arguments.
  func keyAccesses(in arguments: [[UInt8]]) -> [KeyAccess] {
    guard let keys else { return [] }
    var reads = keys.flags.contains("access")
    var writes = !Set(["insert", "update", "delete"]).isDisjoint(with: keys.flags)
    // These two do less with some arguments than they may with others.
    if name == "set" {
      reads = arguments.dropFirst(3).contains { $0.map(\.smallLetter) == Array("get".utf8) }
    }
    if name == "bitfield" {
      writes = arguments.dropFirst(2).contains {
        ["set", "incrby"].map { Array($0.utf8) }.contains($0.map(\.smallLetter))
      }
    }
    return self.keys(in: arguments).map { KeyAccess(key: $0, reads: reads, writes: writes) }
  }

  /// The channels that the command listens to or speaks on. Leaving a channel needs no permission.
  func channelAccesses(in arguments: [[UInt8]]) -> [ChannelAccess] {
    switch name {
    case "publish", "spublish":
      arguments.dropFirst().prefix(1).map { ChannelAccess(channel: $0, isPattern: false) }
    case "subscribe", "ssubscribe":
      arguments.dropFirst().map { ChannelAccess(channel: $0, isPattern: false) }
    case "psubscribe":
      arguments.dropFirst().map { ChannelAccess(channel: $0, isPattern: true) }
    default: []
    }
  }
}
