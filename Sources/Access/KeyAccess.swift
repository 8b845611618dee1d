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
    let reads = keys.flags.contains("access")
    let writes = !Set(["insert", "update", "delete"]).isDisjoint(with: keys.flags)
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
