/// What kind of connection a client has. The raw values are the words of CLIENT LIST and CLIENT KILL.
public enum ClientType: String, Hashable, Sendable {
  /// One that asks and is answered.
  case normal
  /// Another node that this one follows.
  case master
  /// Another node that follows this one.
  case replica
  /// One that is subscribed to something.
  case pubsub

  /// Reads a word in letters of either case; throws when there is no such type.
  init(_ word: [UInt8]) throws(CommandError) {
    let text = word.lossyText.lowercased()
    guard let type = ClientType(rawValue: text == "slave" ? "replica" : text) else {
      throw CommandError("ERR Unknown client type '\(word.lossyText)'")
    }
    self = type
  }
}

/// What CLIENT LIST says of a connection.
public struct ClientDescription: Hashable, Sendable {
  /// The number of the connection, never used twice.
  public var id: UInt64
  /// Where the client is, as `host:port`.
  public var address: String
  /// Where it connected to, as `host:port`.
  public var localAddress: String
  /// The name that it gave itself; empty if none.
  public var name: [UInt8] = []
  /// Seconds since it connected.
  public var age: Int64 = 0
  /// Seconds since its last request came.
  public var idle: Int64 = 0
  /// What kind of connection it is.
  public var type = ClientType.normal
  /// The letters of CLIENT LIST for what is special about it; empty if nothing is.
  public var flags = ""
  /// How many channels it is subscribed to.
  public var subscriptions = 0
  /// How many patterns it is subscribed to.
  public var patternSubscriptions = 0
  /// How many commands wait for EXEC; nil outside MULTI.
  public var queuedCommands: Int?
  /// How many keys it watches.
  public var watchedKeys = 0
  /// Bytes that came and are not looked at yet.
  public var inputBytes = 0
  /// Bytes of the requests that wait.
  public var requestBytes = 0
  /// Bytes that were sent and that its socket has not taken.
  public var unsentBytes = 0
  /// How many replies it is owed.
  public var owedReplies = 0
  /// Bytes of those of them that are made already.
  public var owedBytes = 0
  /// All the bytes that it makes the node hold.
  public var heldBytes = 0
  /// Whether the node reads from it at present.
  public var isRead = true
  /// The last command, of a subcommand with its container; empty before the first.
  public var command = ""
  /// As whom it is logged in.
  public var user = "default"
  /// The version of the protocol.
  public var version = 2
  /// The client library, as it says itself.
  public var libraryName: [UInt8] = []
  /// The library's version, as it says itself.
  public var libraryVersion: [UInt8] = []

  /// Describes a connection of which nothing else is known.
  public init(id: UInt64, address: String, localAddress: String) {
    self.id = id
    self.address = address
    self.localAddress = localAddress
  }

  /// The line of CLIENT LIST, without its end. A node does not know its sockets' descriptors, so `fd` is -1.
  public var line: String {
    let events = (isRead ? "r" : "") + (unsentBytes > 0 ? "w" : "")
    return
      "id=\(id) addr=\(address) laddr=\(localAddress) fd=-1 name=\(name.lossyText) age=\(age) idle=\(idle) "
      + "flags=\(flags.isEmpty ? "N" : flags) db=0 sub=\(subscriptions) psub=\(patternSubscriptions) ssub=0 "
      + "multi=\(queuedCommands ?? -1) watch=\(watchedKeys) qbuf=\(inputBytes) qbuf-free=0 "
      + "argv-mem=\(requestBytes) multi-mem=0 rbs=0 rbp=0 obl=\(unsentBytes) oll=\(owedReplies) "
      + "omem=\(owedBytes) tot-mem=\(heldBytes) events=\(events) cmd=\(command.isEmpty ? "NULL" : command) "
      + "user=\(user) redir=-1 resp=\(version) lib-name=\(libraryName.lossyText) "
      + "lib-ver=\(libraryVersion.lossyText)"
  }
}
