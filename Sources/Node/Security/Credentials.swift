import Access
import Foundation
import Storage
import TLS
import Transport

/// What the files of `SecurityOptions` hold.
struct Credentials: Sendable {
  var server: ServerTLS?
  var client: ClientTLS?
  var secret: PeerSecret?
  var users: UserList

  /// Reads all files.
  ///
  /// - Throws: `NodeError.configuration`; no word of it holds a secret.
  init(_ options: SecurityOptions) throws {
    do throws(TLSError) {
      server = try options.tls.map { (files) throws(TLSError) in
        try ServerTLS(files, clientCertificates: options.clientCertificates)
      }
      client = try options.tls.map { (files) throws(TLSError) in try ClientTLS(files) }
    } catch {
      throw NodeError.configuration(error.description)
    }
    secret = try options.peerSecretFile.map(Self.secret)
    users = try Self.users(options)
  }

  private static func secret(_ path: String) throws -> PeerSecret {
    guard let secret = PeerSecret(try line(path)) else {
      throw NodeError.configuration(
        "\(path) is too short for a secret: put at least \(PeerSecret.minimumLength) random bytes there, "
          + "such as those of 'openssl rand -hex 32'")
    }
    return secret
  }

  /// The users of the options' file, of its password, or everybody.
  static func users(_ options: SecurityOptions) throws -> UserList {
    if let path = options.usersFile {
      let file = try content(path)
      do throws(UserFileError) {
        return try UserList(file: file)
      } catch {
        throw NodeError.configuration("\(path), \(error)")
      }
    }
    guard let path = options.passwordFile else { return UserList() }
    let password = try line(path)
    guard !password.isEmpty else { throw NodeError.configuration("\(path) holds no password") }
    return UserList(default: .unrestricted(User.defaultName, passwords: [PasswordHash(of: password)]))
  }

  /// Writes a file of users that is there whole or not at all, and for nobody else to read.
  static func save(_ users: UserList, to path: String) throws {
    let new = path + ".new"
    try SystemFiles.real.remove(new)
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw StorageError.system(errno, new, doing: "open") }
    close(descriptor)
    try SystemFiles.real.write(users.file, to: new, at: 0)
    try SystemFiles.real.synchronize(new)
    try SystemFiles.real.rename(new, to: path)
  }

  /// The file without the line end that editors put at its end.
  private static func line(_ path: String) throws -> [UInt8] {
    var bytes = try content(path)
    while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
      bytes.removeLast()
    }
    return bytes
  }

  private static func content(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw NodeError.configuration("\(path) cannot be read")
    }
    return Array(data)
  }
}
