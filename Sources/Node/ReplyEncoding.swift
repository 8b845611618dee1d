import Commands
import NIOCore
import RESP

extension ByteBuffer {
  /// Writes a reply in the version of the protocol that the connection speaks.
  mutating func write(_ reply: Reply, _ version: RESPVersion, applied: UInt64) {
    switch reply {
    case .simple(let text): writeRESPSimple(text)
    case .error(let text): writeRESPError(text)
    case .integer(let value): writeRESPInteger(value)
    case .bulk(let bytes): writeRESPBulk(bytes)
    case .null: writeRESPNull(version)
    case .nullArray: writeRESPNullArray(version)
    case .array(let replies):
      writeRESPArrayHeader(replies.count)
      for reply in replies { write(reply, version, applied: applied) }
    case .map(let pairs):
      writeRESPMapHeader(pairs.count, version)
      for pair in pairs {
        write(pair.key, version, applied: applied)
        write(pair.value, version, applied: applied)
      }
    case .set(let replies):
      writeRESPSetHeader(replies.count, version)
      for reply in replies { write(reply, version, applied: applied) }
    case .double(let value): writeRESPDouble(value, version)
    case .boolean(let value): writeRESPBoolean(value, version)
    case .verbatim(let bytes): writeRESPVerbatim(bytes, version)
    case .appliedIndex: writeRESPInteger(Int64(clamping: applied))
    }
  }
}
