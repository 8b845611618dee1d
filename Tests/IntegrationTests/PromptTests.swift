import Processes
import Testing

extension IntegrationTests {
  @Suite("The prompt on a terminal", .timeLimit(.minutes(1)))
  struct PromptTests {
    private static let primary = "[PRIMARY] Enter the Operation you would like to perform (READ/WRITE/EXIT): "
    private static let backup = "[BACKUP] Enter the Operation you would like to perform (READ/WRITE/EXIT): "

    @Test("It asks, answers in its sentences, follows a failover, and ends")
    func session() async throws {
      try await withCluster { cluster in
        let terminal = try Terminal(["client", "--masters", cluster.masterAddresses], in: cluster.home)
        try await terminal.expect(Self.primary)
        terminal.type("WRITE\n")
        try await terminal.expect("Enter the key you want to perform the operation on: ")
        terminal.type("foo\n")
        try await terminal.expect("Enter the value corresponding to the key: ")
        terminal.type("bar\n")
        try await terminal.expect("OK")
        try await terminal.expect(Self.primary)
        terminal.type("read\n")
        try await terminal.expect("Enter the key you want to perform the operation on: ")
        terminal.type("foo\n")
        try await terminal.expect("Value for key foo = bar")
        try await terminal.expect(Self.primary)
        terminal.type("READ nothing\n")
        try await terminal.expect("Key nothing not found")
        try await terminal.expect(Self.primary)
        terminal.type("WRITE foo bar baz\n")
        try await terminal.expect("OK")
        try await terminal.expect(Self.primary)
        terminal.type("jump\n")
        try await terminal.expect("Unknown operation jump")
        try await terminal.expect(Self.primary)
        cluster.primary.kill()
        try await cluster.waitUntilActive(cluster.backup)
        terminal.type("READ foo\n")
        try await terminal.expect("Value for key foo = bar baz")
        try await terminal.expect(Self.backup)
        terminal.type("EXIT\n")
        try #require(try await terminal.exit() == .code(0))
      }
    }

    @Test("Ctrl-D and Ctrl-C leave it cleanly", arguments: ["\u{4}", "\u{3}"])
    func leaving(key: String) async throws {
      try await withCluster(slaves: 1) { cluster in
        let terminal = try Terminal(["client", "--masters", cluster.masterAddresses], in: cluster.home)
        try await terminal.expect(Self.primary)
        terminal.type(key)
        try #require(try await terminal.exit() == .code(0))
      }
    }
  }
}
