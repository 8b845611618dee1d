/// What a client asks for with HELLO.
public struct HelloRequest: Hashable, Sendable {
  /// The version of the protocol, 2 or 3; nil leaves it as it is.
  public var version: Int?
  /// The user and password to log in with.
  public var credentials: Credentials?
  /// The name to give to the connection.
  public var clientName: [UInt8]?

  /// A user and a password.
  public struct Credentials: Hashable, Sendable {
    /// The user; `default` for one that was not named.
    public var user: [UInt8]
    /// The password as it was sent.
    public var password: [UInt8]

    /// Makes credentials.
    public init(user: [UInt8], password: [UInt8]) {
      self.user = user
      self.password = password
    }

    /// Reads the arguments of AUTH, of which the first is the command's name.
    public init(authArguments arguments: [[UInt8]]) throws(CommandError) {
      switch arguments.count {
      case 2: self.init(user: Array("default".utf8), password: arguments[1])
      case 3: self.init(user: arguments[1], password: arguments[2])
      default: throw .syntax
      }
    }
  }

  /// Reads the arguments of HELLO, of which the first is the command's name.
  public init(_ arguments: [[UInt8]]) throws(CommandError) {
    var rest = arguments.dropFirst()
    if let text = rest.popFirst() {
      guard let number = text.parsedInteger else {
        throw CommandError("ERR Protocol version is not an integer or out of range")
      }
      guard (2...3).contains(number) else { throw CommandError("NOPROTO unsupported protocol version") }
      version = Int(number)
    }
    while let option = rest.popFirst() {
      if option.isWord("auth"), rest.count >= 2 {
        credentials = Credentials(user: rest.removeFirst(), password: rest.removeFirst())
      } else if option.isWord("setname"), let name = rest.popFirst() {
        clientName = try validClientName(name)
      } else {
        throw CommandError("ERR Syntax error in HELLO option '\(option.lossyText)'")
      }
    }
  }
}

/// The name, if it may be shown in a list of connections; it must not break a line or a word.
public func validClientName(_ name: [UInt8]) throws(CommandError) -> [UInt8] {
  guard name.allSatisfy({ (0x21...0x7E).contains($0) }) else {
    throw CommandError("ERR Client names cannot contain spaces, newlines or special characters.")
  }
  return name
}
