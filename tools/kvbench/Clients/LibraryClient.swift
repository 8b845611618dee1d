import Kvorum
import RESP

/// The project's own client, which follows failovers unseen.
struct LibraryClient: DatabaseClient {
  let client: KvorumClient

  init(_ masters: [Endpoint]) throws(KvorumError) {
    var configuration = KvorumClient.Configuration(masters: masters)
    configuration.cacheDirectory = nil
    client = try KvorumClient(configuration)
  }

  func call(_ words: [String], isWrite: Bool) async -> CommandOutcome {
    do throws(KvorumError) {
      return .value(try await client.command(words.map { Array($0.utf8) }))
    } catch {
      switch error {
      case .inDoubt(_, _, let message): return .unknown(message)
      case .noQuorum, .noActiveMaster, .timedOut, .closed: return .refused("\(error)")
      case .server(let line): return ErrorAnswer.isRefusal(line) ? .refused(line) : .wrong(line)
      case .notEnoughSlaves, .wrongCluster, .notText, .unexpectedAnswer, .invalidConfiguration:
        return .wrong("\(error)")
      }
    }
  }
}
