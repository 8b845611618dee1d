import ArgumentParser
import Crypto
import Foundation
import SwiftASN1

/// `kvorum admin make-certs`: certificates for a trial.
struct MakeCertificatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-certs",
    abstract: "Make an authority and certificates for nodes and clients, to try TLS.",
    discussion: """
      Example:

        kvorum admin make-certs certs --hosts db1,db2,10.0.0.1,127.0.0.1

      The directory then holds ca.crt, node.crt, node.key, client.crt and client.key, and ca.key, by which more are \
      signed: keep it elsewhere. One certificate serves all nodes; it stands for the hosts, which must be those of \
      the addresses by which nodes and clients connect. Run again, the command keeps the authority and makes the \
      others anew, which running nodes take by themselves.
      """)

  @Argument(help: ArgumentHelp("The directory; it is made if absent.", valueName: "dir"))
  var directory: String

  @Option(
    help: ArgumentHelp(
      "The names and IP addresses of the nodes, with commas between them.", valueName: "hosts"))
  var hosts = "localhost,127.0.0.1,::1"

  @Option(help: ArgumentHelp("How long the certificates are valid.", valueName: "days"))
  var days = 365

  func validate() throws {
    if hostList.isEmpty { throw ValidationError("--hosts names no host") }
    if !(1...36_500).contains(days) { throw ValidationError("--days must be from 1 to 36500") }
  }

  private var hostList: [String] {
    hosts.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  func run() async throws {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let authority = try authority()
      try write(
        CertificateWriter.issue(
          CertificateRequest(name: "kvorum node", purpose: .node, hosts: hostList, days: days), by: authority),
        as: "node")
      try write(
        CertificateWriter.issue(
          CertificateRequest(name: "kvorum client", purpose: .client, days: days), by: authority),
        as: "client")
    } catch {
      Output.errorLine("cannot make certificates in \(directory): \(error)")
      throw ExitCode(1)
    }
    Output.line(
      """
      \(directory)/ca.crt      who signs; --tls-ca of nodes and clients
      \(directory)/node.crt    for \(hostList.joined(separator: ", ")); --tls-cert of nodes, with node.key
      \(directory)/client.crt  --tls-cert of clients, with client.key
      """)
  }

  /// The authority that is there, or a new one.
  private func authority() throws -> IssuedCertificate {
    let (certificate, key) = (directory + "/ca.crt", directory + "/ca.key")
    let name = "kvorum trial authority"
    guard FileManager.default.fileExists(atPath: key) else {
      let new = try CertificateWriter.issue(
        CertificateRequest(name: name, purpose: .authority, days: days), by: nil)
      try write(new, as: "ca")
      return new
    }
    let document = try PEMDocument(pemString: try String(contentsOfFile: certificate, encoding: .utf8))
    return IssuedCertificate(
      name: name, der: document.derBytes,
      key: try P256.Signing.PrivateKey(pemRepresentation: try String(contentsOfFile: key, encoding: .utf8)))
  }

  private func write(_ certificate: IssuedCertificate, as name: String) throws {
    try write(certificate.key.pemRepresentation + "\n", to: "\(name).key", permissions: 0o600)
    try write(certificate.pem, to: "\(name).crt", permissions: 0o644)
  }

  /// A file that is there whole or not at all, so that a running node reads no half of it.
  private func write(_ text: String, to name: String, permissions: Int) throws {
    let (path, new) = ("\(directory)/\(name)", "\(directory)/.\(name).new")
    try? FileManager.default.removeItem(atPath: new)
    // Made with its permissions: nobody may open a key before it gets them.
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(permissions))
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(text.utf8))
    try file.synchronize()
    guard rename(new, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}
