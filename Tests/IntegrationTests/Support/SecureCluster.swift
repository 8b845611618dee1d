import Foundation
import Kvorum
import Processes

/// The options of a cluster whose nodes want TLS and a password, and of those who come to it.
struct SecureSetup {
  static let password = "correct horse battery"

  let home: String
  var certificates: String { home + "/certs" }
  /// What a client is told.
  var client: [String] { ["--tls-ca", certificates + "/ca.crt", "--password-file", home + "/password"] }
  /// What a node is told.
  var node: [String] {
    [
      "--tls-cert", certificates + "/node.crt", "--tls-key", certificates + "/node.key", "--tls-ca",
      certificates + "/ca.crt", "--password-file", home + "/password",
    ]
  }

  /// Writes the files into the folder.
  init(in home: String) async throws {
    self.home = home
    try Data((Self.password + "\n").utf8).write(to: URL(fileURLWithPath: home + "/password"))
    try await makeCertificates()
  }

  /// Makes certificates, or makes those of the nodes and the client anew.
  func makeCertificates(hosts: String = "localhost,127.0.0.1", in directory: String? = nil) async throws {
    let made = try await KvorumBinary.run(
      ["admin", "make-certs", directory ?? certificates, "--hosts", hosts], in: home)
    guard made.exit == .code(0) else { throw DeadlineError(description: "no certificates: \(made)") }
  }
}

extension TestCluster {
  /// Starts all nodes and waits, as a client with these options, until each has its place.
  func start(asking options: [String], environment: [String: String] = [:]) async throws {
    for node in masters + slaves { try node.start() }
    try await waitUntilComplete(asking: options)
  }

  func waitUntilComplete(asking options: [String]) async throws {
    try await eventually("the cluster is complete", within: .seconds(25)) {
      let status = try await status(asking: options)
      return status.state == .active && status.n == slaves.count && status.membershipChange == nil
        && status.nodes.allSatisfy { $0.connected && $0.state != .joining }
        && status.nodes.count == masters.count + slaves.count
    }
  }

  /// The cluster's status as a client with these options sees it.
  func status(asking options: [String]) async throws -> ClusterStatus {
    let run = try await run(["status"], ["--json", "--timeout", "2"] + options)
    return try ClusterStatus(json: Array(run.output.utf8))
  }
}

/// Runs lines of Python with redis-py, which print what is to be seen; `port`, `ca` and `password` are set.
enum RedisPy {
  static func run(
    _ lines: String, port: Int, _ setup: SecureSetup, within limit: Duration = .seconds(30)
  ) async throws -> KvorumBinary.Run {
    let script = """
      import redis, ssl, sys
      port, ca, password = \(port), '\(setup.certificates)/ca.crt', '\(SecureSetup.password)'
      def connect(**options):
          return redis.Redis(host='127.0.0.1', port=port, ssl=True, ssl_ca_certs=ca, **options)
      def attempt(action):
          try: print(action())
          except Exception as error: print(type(error).__name__, error)
      \(lines)
      """
    return try await KvorumBinary.run(
      ["-"], of: "/usr/bin/python3", input: Array(script.utf8), in: setup.home, within: limit)
  }
}
