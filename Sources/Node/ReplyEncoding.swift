import Commands
import NIOCore
import RESP

extension ByteBuffer {
  /// Writes a reply in the version of the protocol that the connection speaks.
  mutating func write(_ reply: Reply, _ version: RESPVersion) {
    switch reply {
    case .simple(let text): writeRESPSimple(text)
    case .error(let text): writeRESPError(text)
    case .integer(let value): writeRESPInteger(value)
    case .bulk(let bytes): writeRESPBulk(bytes)
    case .null: writeRESPNull(version)
    case .nullArray: writeRESPNullArray(version)
    case .array(let replies):
      writeRESPArrayHeader(replies.count)
      for reply in replies { write(reply, version) }
    case .map(let pairs):
      writeRESPMapHeader(pairs.count, version)
      for pair in pairs {
        write(pair.key, version)
        write(pair.value, version)
      }
    case .pairList(let pairs) where version == .v2:
      writeRESPArrayHeader(2 * pairs.count)
      for pair in pairs {
        write(pair.key, version)
        write(pair.value, version)
      }
    case .pairList(let pairs):
      writeRESPArrayHeader(pairs.count)
      for pair in pairs { write(.array([pair.key, pair.value]), version) }
    case .set(let replies):
      writeRESPSetHeader(replies.count, version)
      for reply in replies { write(reply, version) }
    case .push(let replies):
      writeRESPPushHeader(replies.count, version)
      for reply in replies { write(reply, version) }
    case .double(let value): writeRESPDouble(value, version)
    case .boolean(let value): writeRESPBoolean(value, version)
    case .verbatim(let bytes): writeRESPVerbatim(bytes, version)
    }
  }
}
