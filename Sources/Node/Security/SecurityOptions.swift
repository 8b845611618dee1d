import Access
import TLS

/// Who may connect to a node, and how it knows the other nodes. Everything is a file, so that no secret stands in
/// arguments.
public struct SecurityOptions: Sendable {
  /// The certificate, key and authority by which all of the node's connections are TLS; nil means plain text.
  public var tls: TLSFiles?
  /// Whether clients have to show a certificate.
  public var clientCertificates: ClientCertificates
  /// The users with what they may do, as Redis' aclfile; each node has a file of its own.
  public var usersFile: String?
  /// The password of the user `default`, who may do everything, if there is no file of users.
  public var passwordFile: String?
  /// The secret by which the nodes of a cluster know each other.
  public var peerSecretFile: String?
  /// Whether the node may be open to whoever reaches it.
  public var isInsecure: Bool

  /// By default a node is for this machine alone, where it trusts everybody.
  public init(
    tls: TLSFiles? = nil, clientCertificates: ClientCertificates = .optional, usersFile: String? = nil,
    passwordFile: String? = nil, peerSecretFile: String? = nil, isInsecure: Bool = false
  ) {
    self.tls = tls
    self.clientCertificates = clientCertificates
    self.usersFile = usersFile
    self.passwordFile = passwordFile
    self.peerSecretFile = peerSecretFile
    self.isInsecure = isInsecure
  }

  /// Whether there is a file that may change.
  public var hasFiles: Bool { tls != nil || usersFile != nil || passwordFile != nil || peerSecretFile != nil }

  /// Whether nodes show each other certificates of the authority.
  var hasMutualTLS: Bool { tls != nil && clientCertificates != .no }

  private var hasPasswords: Bool { usersFile != nil || passwordFile != nil }
  private var knowsPeers: Bool { hasMutualTLS || peerSecretFile != nil }

  /// Throws the first rule that is broken, as a sentence that names the options.
  func validate(listen: HostAndPort) throws {
    if let tls, tls.certificate == nil || tls.key == nil || tls.authority == nil {
      throw NodeError.configuration(
        "--tls-cert, --tls-key and --tls-ca belong together: name all three ('kvorum admin make-certs' makes them)"
      )
    }
    if usersFile != nil, passwordFile != nil {
      throw NodeError.configuration(
        "--users and --password-file both say how the user default logs in: leave one of them out")
    }
    guard !isInsecure else { return }
    if tls != nil, !knowsPeers {
      throw NodeError.configuration(
        "--tls-client-auth no leaves nodes without certificates: give all nodes the same --peer-secret-file")
    }
    guard listen.isLoopback else {
      var missing = hasPasswords ? [] : ["a password (--users FILE or --password-file FILE)"]
      if tls == nil { missing.append("TLS (--tls-cert, --tls-key, --tls-ca)") }
      guard missing.isEmpty else { throw open(to: listen, without: missing) }
      return
    }
    if hasPasswords, !knowsPeers {
      throw NodeError.configuration(
        "passwords keep out clients alone, and any process could come as a node: give all nodes the same "
          + "--peer-secret-file, or TLS (--tls-cert, --tls-key, --tls-ca)")
    }
  }

  private func open(to listen: HostAndPort, without missing: [String]) -> NodeError {
    .configuration(
      "--listen \(listen) lets other machines in, which needs \(missing.joined(separator: " and ")): "
        + "'kvorum admin make-certs' makes certificates for a trial. --insecure does without, on a network where "
        + "everybody is trusted")
  }

  /// Throws if somebody needs no password although other machines can connect.
  func validate(_ users: UserList, listen: HostAndPort) throws {
    guard !isInsecure, !listen.isLoopback, let user = users.withoutPassword else { return }
    throw NodeError.configuration(
      "--listen \(listen) lets other machines in, and the user \(String(decoding: user.name, as: UTF8.self)) of "
        + "--users needs no password: give it one, or turn it off. --insecure does without, on a network where everybody is trusted"
    )
  }
}

extension HostAndPort {
  /// Whether only processes of this machine can connect to it.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
