import Foundation
import RESP
import RedisCases
import Testing

/// What Redis answers, word for word, by real processes; the other depths are in ServingTests.
@Suite(.timeLimit(.minutes(3))) struct RedisCaseTests {
  @Test func `a cluster answers bytes with what Redis answers`() async throws {
    let cluster = try TestCluster(slaves: 1)
    defer { cluster.end() }
    try await cluster.start()
    for script in ["strings", "keys", "bits", "hashes", "sets", "lists", "transactions", "errors"] {
      for version in [RESPVersion.v2, .v3] {
        let connection = try await RESPConnection.open(port: cluster.primary.port)
        if version == .v3 { _ = try await connection.exchange([Array("HELLO".utf8), Array("3".utf8)]) }
        _ = try await connection.exchange([Array("FLUSHALL".utf8)])
        for step in try RedisScript(script).steps {
          let reply = try await connection.exchange(step.arguments)
          guard let expected = step.replies[version], reply != expected else { continue }
          Issue.record(
            "\(script): \(step.text): \(RedisScript.text(reply)) rather than \(RedisScript.text(expected))")
        }
      }
    }
  }
}
