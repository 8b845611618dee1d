import Foundation

extension ClusterStatus {
  /// The status as JSON with sorted keys; `pretty` breaks the lines for people.
  public func json(pretty: Bool = false) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys]
    do {
      return Array(try encoder.encode(self))
    } catch {
      preconditionFailure("A status holds only what JSON can say: \(error)")
    }
  }

  /// Reads what `json` made.
  ///
  /// - Throws: `KvorumError.unexpectedAnswer` if the bytes are no status.
  public init(json: [UInt8]) throws(KvorumError) {
    do {
      self = try JSONDecoder().decode(ClusterStatus.self, from: Data(json))
    } catch {
      throw .unexpectedAnswer(message: "The answer to KV.STATUS is not a status: \(error)")
    }
  }
}
