import ArgumentParser
import Node
import TLS

/// Who may connect to a node, and how it knows others.
struct NodeSecurityOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The users and what they may do, a line each, as Redis' aclfile; passwords as #SHA-256. Each node has its own; "
        + "without a line for it the user default is off.", valueName: "file"))
  var users: String?

  @Option(
    help: ArgumentHelp(
      "A file with the password of the user default, who may do everything.", valueName: "file"))
  var passwordFile: String?

  @Option(
    help: ArgumentHelp(
      "A file with a secret of at least 16 bytes, the same for all nodes, by which they know each other.",
      valueName: "file"))
  var peerSecretFile: String?

  @Option(
    help: ArgumentHelp(
      "This node's certificate (PEM, with those between it and the authority): then every connection is TLS. The "
        + "file is read again when it changes.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The key of that certificate.", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp("The authorities by which nodes know each other and clients.", valueName: "file"))
  var tlsCA: String?

  @Option(
    help: ArgumentHelp(
      "Whether clients must show a certificate: no, optional or required.", valueName: "word"))
  var tlsClientAuth = ClientCertificates.optional

  @Flag(
    help:
      "Let a node listen for other machines without a password or TLS, where everybody on the network is trusted."
  )
  var insecure = false

  var options: SecurityOptions {
    let hasTLS = tlsCert != nil || tlsKey != nil || tlsCA != nil
    return SecurityOptions(
      tls: hasTLS ? TLSFiles(certificate: tlsCert, key: tlsKey, authority: tlsCA) : nil,
      clientCertificates: tlsClientAuth, usersFile: users, passwordFile: passwordFile,
      peerSecretFile: peerSecretFile, isInsecure: insecure)
  }
}

extension ClientCertificates: ExpressibleByArgument {}
