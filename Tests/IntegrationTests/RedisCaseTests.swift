import Foundation
import Kvorum
import RESP
import RedisCases
import Testing

extension IntegrationTests {
  /// What Redis answers, word for word, by real processes; the other depths are in ServingTests.
  @Suite(.timeLimit(.minutes(3))) struct RedisCaseTests {
    @Test func `a cluster answers bytes with what Redis answers`() async throws {
      try await withCluster(slaves: 1) { cluster in
        for script in ["strings", "keys", "bits", "hashes", "sets", "lists", "transactions", "errors"] {
          for version in [RESPVersion.v2, .v3] {
            let connection = try await cluster.primary.connect()
            if version == .v3 { _ = try await connection.exchange([Array("HELLO".utf8), Array("3".utf8)]) }
            _ = try await connection.exchange([Array("FLUSHALL".utf8)])
            for step in try RedisScript(script).steps {
              let reply = try await connection.exchange(step.arguments)
              guard let expected = step.replies[version], reply != expected else { continue }
              Issue.record(
                "\(script): \(step.text): \(RedisScript.text(reply)) rather than \(RedisScript.text(expected))"
              )
            }
          }
        }
      }
    }
  }

  /// What people try first, and what programs do at their limits.
  @Suite(.timeLimit(.minutes(3))) struct UserTests {
    @Test func `a hundred thousand commands can be sent before any reply is read`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let connection = try await cluster.primary.connect()
        let count = 100_000
        var requests: [UInt8] = []
        for place in 0..<count {
          requests += RESPConnection.encode([Array("INCRBY".utf8), Array("n".utf8), Array("\(place)".utf8)])
        }
        try await connection.send(requests)
        let replies = try await connection.receive(count, within: .seconds(60))
        var sum: Int64 = 0
        for (place, reply) in replies.enumerated() {
          sum += Int64(place)
          guard reply == .integer(sum) else {
            Issue.record("reply \(place) is \(reply) rather than \(sum)")
            break
          }
        }
      }
    }

    @Test func `a transaction of twenty thousand commands is done as one`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let connection = try await cluster.primary.connect()
        let count = 20_000
        var requests = RESPConnection.encode([Array("MULTI".utf8)])
        for place in 0..<count {
          requests += RESPConnection.encode([Array("SET".utf8), Array("k\(place)".utf8), Array("v".utf8)])
        }
        requests += RESPConnection.encode([Array("EXEC".utf8)])
        try await connection.send(requests)
        let replies = try await connection.receive(count + 2, within: .seconds(60))
        #expect(replies[1...count].allSatisfy { $0 == .simple("QUEUED") })
        guard case .array(let done) = replies[count + 1] else {
          Issue.record("EXEC was answered \(replies[count + 1])")
          return
        }
        #expect(done.count == count && done.allSatisfy { $0 == .simple("OK") })
        #expect(try await connection.call("DBSIZE") == .integer(Int64(count)))
        #expect(try await cluster.primary.status().state == .active)
      }
    }

    @Test func `a value of 512 MB is refused before it is sent`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let connection = try await cluster.primary.connect()
        try await connection.send(Array("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n".utf8))
        let reply = try await connection.receive()
        #expect(reply.errorText?.contains("invalid bulk length") == true, "\(reply)")
        let other = try await cluster.primary.connect()
        #expect(try await other.call("PING") == .simple("PONG"))
      }
    }

    @Test func `keys and values are any bytes, of any length up to their limits`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let connection = try await cluster.primary.connect()
        let texts: [[UInt8]] = [
          [], [0], [0, 0xFF, 0x0D, 0x0A], Array("with spaces".utf8), Array("\"quotes\" and 'quotes'".utf8),
          Array("schön 🦊".utf8), Array(0...255), [UInt8](repeating: 0x41, count: 64 << 10), [0xC3],
          [0xED, 0xA0, 0x80],
        ]
        for key in texts {
          for value in texts {
            #expect(try await connection.call([Array("SET".utf8), key, value]) == .simple("OK"))
            #expect(try await connection.call([Array("GET".utf8), key]) == .bulk(value))
            let hash = Array("hash".utf8)
            _ = try await connection.call([Array("HSET".utf8), hash, key, value])
            #expect(try await connection.call([Array("HGET".utf8), hash, key]) == .bulk(value))
          }
        }
        #expect(try await connection.call("HLEN", "hash") == .integer(Int64(texts.count)))
        #expect(try await connection.call("DBSIZE") == .integer(Int64(texts.count) + 1))
      }
    }

    @Test func `keys that come to their end are gone from every replica by themselves`() async throws {
      try await withCluster(slaves: 1) { cluster in
        let connection = try await cluster.primary.connect()
        for place in 0..<500 { _ = try await connection.call("SET", "k\(place)", "v", "PX", "300") }
        _ = try await connection.call("HSET", "h", "f", "v")
        _ = try await connection.call("PEXPIRE", "h", "300")
        _ = try await connection.call("SET", "stays", "v")
        for node in cluster.nodes {
          try await eventually("\(node.name) has one key", within: .seconds(10)) {
            try NodeFiles(node).integer("SELECT count(*) FROM kv", in: "replica.db") == 1
          }
        }
      }
    }
  }
}
