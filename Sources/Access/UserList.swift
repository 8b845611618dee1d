import Commands

/// Who may use a node. Each node has a list of its own.
public struct UserList: Sendable {
  private var users: [[UInt8]: User]
  private let table: CommandTable

  /// The list of a node that was told of no users: everybody may do everything.
  public init(table: CommandTable = .standard) {
    self.init(default: .unrestricted(User.defaultName), table: table)
  }

  /// A list with the user `default` alone.
  public init(default user: User, table: CommandTable = .standard) {
    users = [User.defaultName: user]
    self.table = table
  }

  /// Reads a file of lines `user NAME rule…`; empty lines, and those that begin with `#`, mean nothing. Passwords
  /// must be hashed. A file that does not speak of `default` turns that user off.
  ///
  /// - Throws: `UserFileError`, which names the line.
  public init(file: [UInt8], table: CommandTable = .standard) throws(UserFileError) {
    self.init(default: User(name: User.defaultName), table: table)
    var seen: Set<[UInt8]> = []
    let lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (place, line) in lines.enumerated() {
      let words = line.split(whereSeparator: \.isBlank).map { Array($0) }
      guard let first = words.first, first[0] != UInt8(ascii: "#") else { continue }
      guard first == Array("user".utf8), words.count > 1 else {
        throw UserFileError(place + 1, "a line begins with the word user and a name")
      }
      guard seen.insert(words[1]).inserted else {
        throw UserFileError(
          place + 1, "the user \(String(decoding: words[1], as: UTF8.self)) stands there twice")
      }
      guard !words.contains(where: { $0.first == UInt8(ascii: ">") || $0.first == UInt8(ascii: "<") }) else {
        throw UserFileError(
          place + 1, "a password in plain text: write # and the 64 digits of its SHA-256 instead")
      }
      var user = User(name: words[1])
      do throws(RuleFailure) {
        try user.apply(Array(words[2...]), table)
      } catch {
        throw UserFileError(place + 1, error.isOpen ? "a parenthesis is not closed" : error.error.text)
      }
      users[words[1]] = user
    }
  }

  /// The user of this name.
  public func user(_ name: [UInt8]) -> User? { users[name] }

  /// The user that connections are which have not logged in; nil if they have to.
  public var anybody: User? {
    users[User.defaultName].flatMap { $0.isEnabled && $0.needsNoPassword ? $0 : nil }
  }

  /// Somebody as whom one logs in with any password; nil if there is nobody.
  public var withoutPassword: User? { all.first { $0.isEnabled && $0.needsNoPassword } }

  /// All users, by their names.
  public var all: [User] {
    users.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
  }

  /// The user who has this name and password, if there is one and may log in.
  public func authenticate(_ name: [UInt8], _ password: [UInt8]) -> User? {
    // Who asks for a user that does not exist waits as long as for one that does.
    let user = users[name] ?? User(name: name)
    return user.accepts(password) ? user : nil
  }

  /// Changes a user, or makes one.
  ///
  /// - Returns: the user as it is now.
  /// - Throws: `RuleFailure`; nothing was changed then.
  @discardableResult
  public mutating func change(_ name: [UInt8], _ rules: [[UInt8]]) throws(RuleFailure) -> User {
    var user = users[name] ?? User(name: name)
    try user.apply(rules, table)
    users[name] = user
    return user
  }

  /// Takes a user out; false if there is none of this name.
  public mutating func remove(_ name: [UInt8]) -> Bool { users.removeValue(forKey: name) != nil }

  /// The file that makes this list again.
  public var file: [UInt8] { all.flatMap { $0.line + [UInt8(ascii: "\n")] } }
}

/// Why a file of users was not taken; no word of it holds what the file does.
public struct UserFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Which line, from 1.
  public let line: Int
  private let reason: String

  init(_ line: Int, _ reason: String) {
    self.line = line
    self.reason = reason
  }

  /// The sentence, to stand behind the file's name.
  public var description: String { "line \(line): \(reason)" }
}
