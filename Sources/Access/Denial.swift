/// What a user may not do of that which a command would.
public enum Denial: Hashable, Sendable {
  /// Run the command at all.
  case command
  /// Touch this key as the command does.
  case key([UInt8])
  /// Use this channel.
  case channel([UInt8])

  /// The error reply, in the words of Redis, which keep from the client what else there is.
  public func reply(user: [UInt8], command: String) -> String {
    switch self {
    case .command: "NOPERM " + explanation(user: user, command: command)
    case .key: "NOPERM No permissions to access a key"
    case .channel: "NOPERM No permissions to access a channel"
    }
  }

  /// The sentence for an admin, which names the key or channel.
  public func explanation(user: [UInt8], command: String) -> String {
    let user = String(decoding: user, as: UTF8.self)
    switch self {
    case .command: return "User \(user) has no permissions to run the '\(command)' command"
    case .key(let key):
      return "User \(user) has no permissions to access the '\(String(decoding: key, as: UTF8.self))' key"
    case .channel(let channel):
      return
        "User \(user) has no permissions to access the '\(String(decoding: channel, as: UTF8.self))' channel"
    }
  }

  /// Of the denials of several selectors the one that got furthest is told.
  var rank: Int {
    switch self {
    case .command: 1
    case .key: 2
    case .channel: 3
    }
  }
}
