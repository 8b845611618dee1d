import Foundation
import Kvorum
import Node
import Processes
import Replication
import TLS
import Testing

extension IntegrationTests {
  @Suite("Who may connect", .timeLimit(.minutes(2)))
  struct SecurityTests {
    // MARK: Starting

    struct Refusal: Sendable, CustomTestStringConvertible {
      var listen: String
      var options: SecurityOptions
      var mentions: [String]
      var testDescription: String { "\(listen) \(mentions)" }
    }

    private static let tls = TLSFiles(certificate: "c", key: "k", authority: "a")

    static let refusals = [
      Refusal(
        listen: "0.0.0.0:1", options: SecurityOptions(),
        mentions: ["--users", "--password-file", "--tls-cert", "make-certs", "--insecure"]),
      Refusal(
        listen: "10.0.0.1:1", options: SecurityOptions(usersFile: "u", peerSecretFile: "s"),
        mentions: ["--tls-cert"]),
      Refusal(
        listen: "db1:1", options: SecurityOptions(tls: tls), mentions: ["--users", "--password-file"]),
      Refusal(
        listen: "[::]:1",
        options: SecurityOptions(tls: tls, clientCertificates: .no, passwordFile: "p"),
        mentions: ["--tls-client-auth", "--peer-secret-file"]),
      Refusal(
        listen: "127.0.0.1:1", options: SecurityOptions(passwordFile: "p"), mentions: ["--peer-secret-file"]),
      Refusal(
        listen: "127.0.0.1:1", options: SecurityOptions(usersFile: "u", passwordFile: "p"),
        mentions: ["--users", "--password-file"]),
      Refusal(
        listen: "127.0.0.1:1", options: SecurityOptions(tls: TLSFiles(certificate: "c")),
        mentions: ["--tls-key", "--tls-ca"]),
    ]

    @Test("A node that would be open to others is not started, and is told the way out", arguments: refusals)
    func refused(_ example: Refusal) throws {
      let configuration = NodeConfiguration(
        role: .primary, dataDirectory: "d", listen: try #require(HostAndPort(example.listen)),
        security: example.options, masters: [])
      let error = #expect(throws: NodeError.self) { try configuration.validate() }
      for mention in example.mentions { #expect("\(try #require(error))".contains(mention)) }
    }

    @Test(
      "A node that is safe, for this machine alone, or told to trust is started",
      arguments: [
        ("127.0.0.1:1", SecurityOptions()), ("localhost:1", SecurityOptions()),
        ("[::1]:1", SecurityOptions()),
        ("0.0.0.0:1", SecurityOptions(isInsecure: true)),
        ("0.0.0.0:1", SecurityOptions(tls: tls, passwordFile: "p")),
        (
          "0.0.0.0:1", SecurityOptions(tls: tls, clientCertificates: .no, usersFile: "u", peerSecretFile: "s")
        ),
        ("127.0.0.1:1", SecurityOptions(passwordFile: "p", peerSecretFile: "s")),
      ])
    func accepted(_ listen: String, _ options: SecurityOptions) throws {
      try NodeConfiguration(
        role: .primary, dataDirectory: "d", listen: try #require(HostAndPort(listen)), security: options,
        masters: []
      ).validate()
    }

    // MARK: TLS and users

    @Test(
      "redis-py works over TLS with a password and a user with key patterns, and a wrong password is refused")
    func redisPy() async throws {
      try await withSecureCluster(options: ["--log-level", "debug"]) { cluster, setup in
        let run = try await RedisPy.run(
          """
          admin = connect(password=password)
          attempt(lambda: admin.set('app:1', 'one'))
          attempt(lambda: connect(password='hunter2').ping())
          attempt(lambda: connect().ping())
          attempt(lambda: admin.execute_command('ACL', 'SETUSER', 'app', 'on', '>sesame', '~app:*', '+@read'))
          app = connect(username='app', password='sesame')
          attempt(lambda: app.get('app:1'))
          attempt(lambda: app.get('other'))
          attempt(lambda: app.set('app:1', 'two'))
          attempt(lambda: app.execute_command('KV.ADMIN', 'TRANSFER'))
          attempt(lambda: admin.execute_command('ACL', 'SETUSER', 'app', '-get'))
          attempt(lambda: app.get('app:1'))
          attempt(lambda: admin.execute_command('ACL', 'DELUSER', 'app'))
          attempt(lambda: app.ping())
          attempt(lambda: redis.Redis(port=port, password=password).ping())
          attempt(lambda: redis.Redis(port=port, ssl=True, password=password).ping())
          """, port: cluster.primary.port, setup)
        let lines = run.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 14, "\(run)")
        #expect(lines[0] == "True")
        // Releases of redis-py differ in the name of the error.
        #expect(lines[1].hasSuffix("invalid username-password pair or user is disabled."))
        #expect(lines[2].hasSuffix("Authentication required."))
        #expect(lines[3] == "b'OK'")
        #expect(lines[4] == "b'one'")
        #expect(lines[5] == "NoPermissionError No permissions to access a key")
        #expect(lines[6] == "NoPermissionError User app has no permissions to run the 'set' command")
        #expect(lines[7] == "NoPermissionError User app has no permissions to run the 'kv.admin' command")
        #expect(lines[9] == "NoPermissionError User app has no permissions to run the 'get' command")
        #expect(lines[10] == "1")
        #expect(
          lines[11].contains("invalid username-password") || lines[11].contains("closed"), "\(lines[11])")
        #expect(
          lines[12].hasPrefix("ConnectionError") || lines[12].hasPrefix("InvalidResponse"), "\(lines[12])")
        #expect(lines[13].contains("certificate verify failed"), "\(lines[13])")
        for secret in ["hunter2", "sesame", SecureSetup.password] {
          for node in cluster.nodes {
            #expect(!node.words().contains(secret), "\(node.name) tells \(secret)")
          }
        }
      }
    }

    @Test("kvorum's own commands log in by a file or the environment, and say what is wrong when they cannot")
    func commandLine() async throws {
      try await withSecureCluster { cluster, setup in
        let set = try await cluster.run(["client"], setup.client + ["SET", "a", "1"])
        try #require(set.output == "OK\n", "\(set)")
        let copy = try await cluster.run(["admin", "snapshot", cluster.home + "/copy.db"], setup.client)
        try #require(copy.exit == .code(0), "\(copy)")
        let authority = ["--tls-ca", setup.certificates + "/ca.crt"]
        for (options, sentence) in [
          (authority, "wants a password"), (setup.client.suffix(2) + [], "closed the connection"),
          (setup.client.suffix(2) + ["--tls"], "shows a certificate that no known authority signed"),
        ] {
          let refused = try await cluster.run(["client"], ["--timeout", "1"] + options + ["GET", "a"])
          #expect(refused.exit == .code(1) && refused.errors.contains(sentence), "\(refused)")
          #expect(!refused.errors.contains(SecureSetup.password))
        }
      }
    }

    @Test("Where clients must show a certificate, one without is not let in")
    func clientCertificate() async throws {
      let home = NSTemporaryDirectory() + "kvorum-certs-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: home) }
      let setup = try await SecureSetup(in: home)
      let certificate = [
        "--tls-cert", setup.certificates + "/client.crt", "--tls-key", setup.certificates + "/client.key",
      ]
      let options = setup.node + ["--tls-client-auth", "required"]
      try await withCluster(slaves: 1, options: options, started: false) { cluster in
        try await cluster.start(asking: setup.client + certificate)
        let refused = try await cluster.run(["client"], setup.client + ["--timeout", "1", "GET", "a"])
        #expect(refused.exit == .code(1) && refused.errors.contains("wants a certificate"), "\(refused)")
      }
    }

    @Test("Nodes know each other by their certificates, and writes survive the loss of the master")
    func failover() async throws {
      try await withSecureCluster { cluster, setup in
        try #require(try await cluster.run(["client"], setup.client + ["SET", "a", "1"]).output == "OK\n")
        cluster.primary.kill()
        try await eventually("the backup leads") {
          let read = try await cluster.run(["client"], setup.client + ["--timeout", "2", "GET", "a"])
          return read.output == "1\n"
        }
        try cluster.primary.start()
        try await cluster.waitUntilComplete(asking: setup.client)
        let status = try await cluster.status(asking: setup.client)
        #expect(status.nodes.count == 5)
      }
    }

    @Test("New certificates are taken without a restart, and broken ones are not")
    func renewal() async throws {
      try await withSecureCluster { cluster, setup in
        let before = try await serial(cluster.primary, setup)
        let node = setup.certificates + "/node.crt"
        let whole = try #require(FileManager.default.contents(atPath: node))
        try whole.prefix(100).write(to: URL(fileURLWithPath: node))
        try await eventually("the broken file is complained about") {
          cluster.primary.words().contains("keeps the certificates and users that it has")
        }
        try #require(try await serial(cluster.primary, setup) == before)
        try await setup.makeCertificates()
        try await eventually("the new certificate is shown") {
          try await serial(cluster.primary, setup) != before
        }
        try #require(try await cluster.run(["client"], setup.client + ["SET", "a", "2"]).output == "OK\n")
        cluster.slaves[0].kill()
        try cluster.slaves[0].start()
        try await cluster.waitUntilComplete(asking: setup.client)
      }
    }

    @Test("A signal lets a node read its users anew, and who is on the list no more is cut off")
    func reload() async throws {
      let home = NSTemporaryDirectory() + "kvorum-users-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: home) }
      let users = URL(fileURLWithPath: home + "/users")
      let hash = "#5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
      try Data("user root on \(hash) allkeys +@all\nuser bob on \(hash) ~* +get +ping\n".utf8).write(
        to: users)
      try Data(String(repeating: "s", count: 32).utf8).write(to: URL(fileURLWithPath: home + "/secret"))
      let options = ["--users", users.path, "--peer-secret-file", home + "/secret"]
      try await withCluster(slaves: 1, options: options, started: false) { cluster in
        try Data("password".utf8).write(to: URL(fileURLWithPath: cluster.home + "/password"))
        let login = ["--user", "root", "--password-file", cluster.home + "/password"]
        try await cluster.start(asking: login)
        let large = try await cluster.primary.connect()
        try await large.send(Array("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$20000\r\n".utf8))
        try #require(
          try await large.receive().errorText == "ERR Protocol error: unauthenticated bulk length")
        let bob = try await cluster.primary.connect()
        try #require(try await bob.call("GET", "a").errorText == "NOAUTH Authentication required.")
        try #require(try await bob.call("AUTH", "bob", "wrong").errorText?.hasPrefix("WRONGPASS") == true)
        try #require(try await bob.call("AUTH", "bob", "password") == .simple("OK"))
        try #require(try await bob.call("GET", "a") == .null)
        try #require(try await bob.call("SET", "a", "b").errorText?.hasPrefix("NOPERM") == true)
        try Data("user root on \(hash) allkeys +@all\nuser bob on \(hash) ~* +ping\n".utf8).write(to: users)
        try signalPrimary(cluster)
        try await eventually("bob may read no more") {
          try await bob.call("GET", "a").errorText?.hasPrefix("NOPERM") == true
        }
        try Data("user root on >plain".utf8).write(to: users)
        try signalPrimary(cluster)
        try await eventually("the mistake is told") {
          cluster.primary.words().contains("line 1: a password in plain")
        }
        try #require(try await bob.call("PING") == .simple("PONG"))
        try Data("user root on \(hash) allkeys +@all\n".utf8).write(to: users)
        try signalPrimary(cluster)
        try await eventually("bob is cut off") { (try? await bob.call("PING")) == nil }
        let root = try await cluster.primary.connect()
        try #require(try await root.call("AUTH", "root", "password") == .simple("OK"))
        try #require(try await root.call("ACL", "SETUSER", "root2", "on", ">x", "+@all") == .simple("OK"))
        try #require(try await root.call("AUTH", "root2", "x") == .simple("OK"))
        // Who takes himself out still learns that it is done.
        try #require(try await root.call("ACL", "DELUSER", "root2") == .integer(1))
        try await eventually("root2 is cut off") { (try? await root.call("PING")) == nil }
      }
    }

    // MARK: Strangers

    @Test("A stranger cannot come as a node: neither by an introduction nor with another secret")
    func stranger() async throws {
      let home = NSTemporaryDirectory() + "kvorum-secret-" + UUID().uuidString
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: home) }
      for name in ["right", "wrong"] {
        try Data(String(repeating: name, count: 8).utf8).write(to: URL(fileURLWithPath: home + "/" + name))
      }
      try await withCluster(slaves: 2, options: ["--peer-secret-file", home + "/right"]) { cluster in
        let before = try await cluster.primary.status()
        for words in [
          ["KVORUM.PEER", "2", "whatever"],
          ["KVORUM.PEER", "2", "whatever", String(repeating: "x", count: 32)],
          ["KVORUM.NODE"], ["KVORUM.NODE", String(repeating: "x", count: 32)],
        ] {
          let answer = try await cluster.primary.connect().call(
            words.map { Array($0.utf8) }, within: .seconds(5))
          #expect(answer.errorText?.contains("--peer-secret-file") == true, "\(answer)")
        }
        try #require(cluster.primary.words().contains("refuses 127.0.0.1:"))

        let other = try TestNode(
          .slave, name: "other", masters: cluster.masters.map(\.port), home: cluster.home,
          options: ["--peer-secret-file", home + "/wrong"])
        try other.start()
        defer { other.kill() }
        try await eventually("the wrong secret is told") { other.words().contains("has another peer secret") }
        let without = try TestNode(
          .slave, name: "without", masters: cluster.masters.map(\.port), home: cluster.home)
        try without.start()
        defer { without.kill() }
        try await eventually("the missing secret is told") { without.words().contains("--peer-secret-file") }
        let after = try await cluster.primary.status()
        #expect(after.epoch == before.epoch && after.n == 2 && after.nodes.count == 4)
        try #require(try await cluster.primary.ask("SET", "a", "1") == .simple("OK"))
      }
    }

    @Test("A client's certificate, or one of another authority, makes nobody a node")
    func foreignCertificate() async throws {
      try await withSecureCluster { cluster, setup in
        try await setup.makeCertificates(in: cluster.home + "/foreign")
        let foreign = cluster.home + "/foreign"
        for (name, certificate, sentence) in [
          ("client", setup.certificates + "/client", "its certificate is one for clients"),
          ("foreign", foreign + "/node", "does not accept the certificate of this side"),
        ] {
          let node = try TestNode(
            .slave, name: name, masters: cluster.masters.map(\.port), home: cluster.home,
            options: [
              "--tls-cert", certificate + ".crt", "--tls-key", certificate + ".key", "--tls-ca",
              setup.certificates + "/ca.crt", "--password-file", setup.home + "/password",
            ])
          try node.start()
          defer { node.kill() }
          try await eventually("\(name) is refused") { node.words().contains(sentence) }
        }
        let status = try await cluster.status(asking: setup.client)
        #expect(status.n == 3 && status.nodes.count == 5)
      }
    }

    @Test("A node whose certificate does not name its address is not believed")
    func otherName() async throws {
      try await withSecureCluster(started: false) { cluster, setup in
        try await setup.makeCertificates(hosts: "db1.example,10.9.8.7")
        for node in cluster.nodes { try node.start() }
        try await eventually("the name is told") {
          cluster.slaves[0].words().contains("a certificate that does not name the address")
        }
      }
    }

    @Test("A node with a lost replica is repaired from others that want TLS and a password")
    func repair() async throws {
      try await withSecureCluster(options: ["--log-entries", "10"]) { cluster, setup in
        let written = try await RedisPy.run(
          """
          pipe = connect(password=password).pipeline(transaction=False)
          for number in range(2000): pipe.set(f'key{number}', 'value')
          print(len(pipe.execute()))
          """, port: cluster.primary.port, setup)
        try #require(written.output == "2000\n", "\(written)")
        let slave = cluster.slaves[0]
        try await eventually("the log is trimmed") {
          // Trimming rides on writes.
          _ = try await cluster.run(["client"], setup.client + ["SET", "more", "value"])
          let status = try await cluster.status(asking: setup.client)
          return status.nodes.first { $0.name == slave.name }?.logBaseIndex ?? 0 > 0
        }
        slave.kill()
        for end in ["", "-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: slave.directory + "/replica.db" + end)
        }
        try slave.start()
        try await eventually("it has a replica again") { slave.words().contains("has a replica again, from") }
        try await cluster.waitUntilComplete(asking: setup.client)
      }
    }

    // MARK: Support

    private func signalPrimary(_ cluster: TestCluster) throws {
      _ = kill(try #require(cluster.primary.pid), SIGHUP)
    }

    /// The serial number of the certificate that a node shows.
    private func serial(_ node: TestNode, _ setup: SecureSetup) async throws -> String {
      let run = try await RedisPy.run(
        """
        import socket
        context = ssl.create_default_context(cafile=ca)
        with context.wrap_socket(socket.create_connection(('127.0.0.1', port)), server_hostname='127.0.0.1') as s:
            print(s.getpeercert()['serialNumber'])
        """, port: node.port, setup)
      try #require(run.exit == .code(0), "\(run)")
      return run.output
    }
  }
}

/// Runs `body` with a cluster that wants TLS and a password.
private func withSecureCluster(
  options: [String] = [], started: Bool = true, _ body: (TestCluster, SecureSetup) async throws -> Void
) async throws {
  let home = NSTemporaryDirectory() + "kvorum-certs-" + UUID().uuidString
  try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: home) }
  let setup = try await SecureSetup(in: home)
  try await withCluster(options: setup.node + options, started: false) { cluster in
    if started { try await cluster.start(asking: setup.client) }
    try await body(cluster, setup)
  }
}
