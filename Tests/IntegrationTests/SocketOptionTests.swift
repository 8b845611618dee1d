import Foundation
import Logging
import Node
import Replication
import Testing

extension IntegrationTests {
  /// Nodes in this process, because nobody else can look at a socket's options.
  @Suite("The options of a node's sockets", .timeLimit(.minutes(1)))
  struct SocketOptionTests {
    @Test func smallMessagesLeaveAtOnceOnEveryConnection() async throws {
      let home = NSTemporaryDirectory() + "kvorum-test-" + UUID().uuidString
      defer { try? FileManager.default.removeItem(atPath: home) }
      func start(_ role: NodeRole, _ name: String, _ masters: [HostAndPort]) async throws -> Node {
        var logger = Logger(label: name)
        logger.logLevel = .critical
        return try await Node.start(
          NodeConfiguration(
            role: role, name: name, dataDirectory: home + "/" + name,
            listen: HostAndPort(host: "127.0.0.1", port: try FreePort.take()), masters: masters),
          logger: logger)
      }
      let master = try await start(.primary, "primary", [])
      let slave = try await start(.slave, "slave", [master.address])
      let client = try await RESPConnection.open(port: master.address.port)
      try await eventually("the master takes a write through its slave") {
        try await client.call("SET", "foo", "bar") == .simple("OK")
      }
      // The link of the two nodes and the client's connection, at the master's end; the link at the slave's.
      let sockets = Self.connections(of: [master.address.port, slave.address.port])
      #expect(sockets.count >= 3)
      for socket in sockets {
        #expect(Self.option(IPPROTO_TCP, TCP_NODELAY, of: socket) != 0)
        // Its number is that of TCP_NODELAY on another level, and only root may set it.
        #expect(Self.option(Int(SOL_SOCKET), SO_DEBUG, of: socket) == 0)
      }
      await slave.stop()
      await master.stop()
    }

    /// This process' connected sockets of which one end has one of the ports.
    private static func connections(of ports: [Int]) -> [Int32] {
      (0..<1_024).filter { descriptor in
        let ends = [port(getsockname, descriptor), port(getpeername, descriptor)]
        return !ends.contains(nil) && ends.contains { ports.contains($0!) }
      }
    }

    private static func port(
      _ name: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32,
      _ descriptor: Int32
    ) -> Int? {
      var address = sockaddr_in()
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(descriptor, $0, &size) }
      }
      return result == 0 && address.sin_family == sa_family_t(AF_INET)
        ? Int(in_port_t(bigEndian: address.sin_port)) : nil
    }

    private static func option(_ level: Int, _ name: Int32, of descriptor: Int32) -> Int32 {
      var value: Int32 = -1
      var size = socklen_t(MemoryLayout<Int32>.size)
      return getsockopt(descriptor, Int32(level), name, &value, &size) == 0 ? value : -1
    }
  }
}
