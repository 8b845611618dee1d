import Kvorum
import RESP

/// Runs commands for `kvorum client` and prints plain answers, one-shot or from a pipe.
struct CommandRunner {
  /// How a command ended, with the exit code that says so.
  enum Outcome: Int32 {
    case done = 0
    case failed = 1
    case notFound = 3
  }

  let client: KvorumClient
  let consistency: ReadConsistency

  /// Runs a command and prints what came of it.
  func run(_ arguments: [[UInt8]]) async -> Outcome {
    do throws(KvorumError) {
      if let key = Self.keyOfRead(arguments) {
        guard let value = try await read(key) else {
          Output.errorLine(Array("Key ".utf8) + key + Array(" not found".utf8))
          return .notFound
        }
        Output.write(value + [UInt8(ascii: "\n")])
        return .done
      }
      let reply = try await client.command(arguments)
      Output.write(ReplyText.plain(reply) + [UInt8(ascii: "\n")])
      return reply.isNull ? .notFound : .done
    } catch {
      Output.errorLine(error.description)
      return .failed
    }
  }

  /// Reads a key, and says on standard error if the slaves had to answer.
  func read(_ key: [UInt8]) async throws(KvorumError) -> [UInt8]? {
    let result = try await client.read(key, consistency: consistency)
    if case .slaves(let answers, let n, let index) = result.source {
      Output.errorLine(
        "No master answers: read directly from \(answers) of \(n) slaves, whose newest replica is at index "
          + "\(index). The answer may miss acknowledged writes.")
    }
    return result.value
  }

  /// The key of a plain read, which may go to the slaves if no master is up.
  static func keyOfRead(_ arguments: [[UInt8]]) -> [UInt8]? {
    guard arguments.count == 2 else { return nil }
    let name = String(decoding: arguments[0], as: UTF8.self).uppercased()
    return name == "READ" || name == "GET" ? arguments[1] : nil
  }
}
