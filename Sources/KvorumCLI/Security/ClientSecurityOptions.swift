import ArgumentParser
import Foundation
import Kvorum

/// How a client shows who it is, and how it knows the nodes.
struct ClientSecurityOptions: ParsableArguments {
  @Flag(help: "Connect by TLS; --tls-ca or --tls-cert say so too.")
  var tls = false

  @Option(
    help: ArgumentHelp(
      "The authorities that sign nodes' certificates; else those of the system.", valueName: "file"))
  var tlsCA: String?

  @Option(help: ArgumentHelp("The certificate to show, if the nodes want one.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The key of that certificate.", valueName: "file"))
  var tlsKey: String?

  @Option(help: ArgumentHelp("Whom to log in as.", valueName: "name"))
  var user = "default"

  @Option(
    help: ArgumentHelp(
      "A file with the password; else it is KVORUM_PASSWORD of the environment.", valueName: "file"))
  var passwordFile: String?

  /// Adds what the options say to the configuration of a client.
  func apply(to configuration: inout KvorumClient.Configuration) throws(KvorumError) {
    if tls || tlsCA != nil || tlsCert != nil || tlsKey != nil {
      configuration.tls = KvorumClient.Certificates(
        authority: tlsCA, certificate: tlsCert, key: tlsKey)
    }
    if let password = try password() {
      configuration.credentials = KvorumClient.Credentials(user: user, password: password)
    } else if user != "default" {
      throw .invalidConfiguration(
        "The user \(user) needs a password: give --password-file, or KVORUM_PASSWORD in the environment.")
    }
  }

  private func password() throws(KvorumError) -> [UInt8]? {
    guard let passwordFile else {
      return ProcessInfo.processInfo.environment["KVORUM_PASSWORD"].map { Array($0.utf8) }
    }
    guard let content = FileManager.default.contents(atPath: passwordFile) else {
      throw .invalidConfiguration("\(passwordFile) cannot be read.")
    }
    return Array(content.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
  }
}
