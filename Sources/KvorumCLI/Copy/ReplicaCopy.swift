import Foundation
import Kvorum
import RESP
import Storage

/// Fetches a copy of the replica of a running node.
enum ReplicaCopy {
  private static let part: Int64 = 1 << 20
  /// A large keyspace takes a while to copy on the other side.
  private static let patience = Duration.seconds(600)

  /// Writes the copy to a file that does not exist yet; nothing of it is verified.
  static func fetch(
    from node: Endpoint, to path: String, access: () throws -> ClientAccess,
    progress: (Int64, Int64) -> Void = { _, _ in }
  ) async throws {
    guard case .array(let head) = try await ask(node, [], access()), head.count == 3,
      case .bulk(let id) = head[0],
      case .integer(let size) = head[1]
    else { throw CopyError("\(node) gives no copy: is it of an older release?") }
    var offset: Int64 = 0
    while offset < size {
      let count = min(part, size - offset)
      let answer = try await ask(
        node, ["READ", String(decoding: id, as: UTF8.self), "\(offset)", "\(count)"], access())
      guard case .bulk(let bytes) = answer, !bytes.isEmpty else {
        throw CopyError("The copy on \(node) is shorter than it said: try again.")
      }
      try SystemFiles.real.write(bytes, to: path, at: offset)
      offset += Int64(bytes.count)
      progress(offset, size)
    }
    _ = try? await ask(node, ["END"], access())
  }

  private static func ask(_ node: Endpoint, _ words: [String], _ access: ClientAccess) async throws
    -> RESPValue
  {
    let arguments = (["KV.ADMIN", "SNAPSHOT"] + words).map { Array($0.utf8) }
    let answer: RESPValue
    do {
      answer = try await KvorumClient.ask(node, arguments, access: access, timeout: patience)
    } catch {
      throw CopyError("\(node) \(error)")
    }
    if case .error(let text) = answer { throw CopyError("\(node) says: \(text)") }
    return answer
  }
}

/// Why there is no copy, as a sentence.
struct CopyError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
