/// Which connections CLIENT KILL or CLIENT LIST is about.
public struct ClientFilter: Hashable, Sendable {
  /// Only these connections.
  public var ids: Set<UInt64>?
  /// Only clients at this `host:port`.
  public var address: String?
  /// Only those that connected to this `host:port`.
  public var localAddress: String?
  /// Only those that are logged in as this user.
  public var user: String?
  /// Only connections of this type.
  public var type: ClientType?
  /// Only connections that are at least so many seconds old.
  public var minimumAge: Int64?
  /// Whether the connection that asks is left out.
  public var skipsCaller = false
  /// Whether the request has the form of old, whose answer is OK or an error instead of a number.
  public var isOldForm = false

  /// Reads the arguments of CLIENT KILL, of which the first two are its name.
  public init(kill arguments: [[UInt8]], isUser: (String) -> Bool) throws(CommandError) {
    if arguments.count == 3 {
      address = arguments[2].lossyText
      isOldForm = true
      return
    }
    skipsCaller = true
    var rest = arguments.dropFirst(2)
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else { throw .syntax }
      try take(option, value, isUser)
    }
  }

  private mutating func take(
    _ option: [UInt8], _ value: [UInt8], _ isUser: (String) -> Bool
  ) throws(CommandError) {
    let text = value.lossyText
    if option.isWord("id") {
      guard let id = value.parsedInteger, id > 0 else {
        throw CommandError("ERR client-id should be greater than 0")
      }
      ids = [UInt64(id)]
    } else if option.isWord("type") {
      type = try ClientType(value)
    } else if option.isWord("addr") {
      address = text
    } else if option.isWord("laddr") {
      localAddress = text
    } else if option.isWord("user") {
      guard isUser(text) else { throw CommandError("ERR No such user '\(text)'") }
      user = text
    } else if option.isWord("maxage") {
      guard let age = value.parsedInteger else {
        throw CommandError("ERR maxage is not an integer or out of range")
      }
      guard age > 0 else { throw CommandError("ERR maxage should be greater than 0") }
      minimumAge = age
    } else if option.isWord("skipme"), value.isWord("yes") || value.isWord("no") {
      skipsCaller = value.isWord("yes")
    } else {
      throw .syntax
    }
  }

  /// Reads the arguments of CLIENT LIST, of which the first two are its name.
  public init(list arguments: [[UInt8]]) throws(CommandError) {
    let rest = arguments.dropFirst(2)
    guard let option = rest.first else { return }
    if option.isWord("type"), rest.count == 2 {
      type = try ClientType(arguments[3])
    } else if option.isWord("id"), rest.count > 1 {
      var wanted: Set<UInt64> = []
      for word in rest.dropFirst() {
        guard let id = word.parsedInteger, id > 0 else { throw CommandError("ERR Invalid client ID") }
        wanted.insert(UInt64(id))
      }
      ids = wanted
    } else {
      throw .syntax
    }
  }

  /// Whether it is about this connection; `caller` is the one that asks.
  public func matches(_ client: ClientDescription, caller: UInt64) -> Bool {
    if let ids, !ids.contains(client.id) { return false }
    if let address, client.address != address { return false }
    if let localAddress, client.localAddress != localAddress { return false }
    if let user, client.user != user { return false }
    if let type, client.type != type { return false }
    if let minimumAge, client.age < minimumAge { return false }
    return !(skipsCaller && client.id == caller)
  }
}
