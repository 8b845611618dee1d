import NIOCore
import RESP

/// How a test cuts bytes into the pieces in which they come.
enum Delivery: CaseIterable {
  case whole, byteByByte, inSevens

  func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let size =
      switch self {
      case .whole: max(1, bytes.count)
      case .byteByByte: 1
      case .inSevens: 7
      }
    return stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
  }
}

/// All requests in these bytes, as text.
func requests(
  in text: String, _ delivery: Delivery = .whole, limits: RESPLimits = RESPLimits()
) throws(RESPProtocolError) -> [[String]] {
  var decoder = RESPRequestDecoder(limits: limits)
  var buffer = ByteBuffer()
  var requests: [[String]] = []
  for piece in delivery.pieces(of: Array(text.utf8)) {
    buffer.writeBytes(piece)
    while let request = try decoder.next(from: &buffer) {
      requests.append(request.map { String(decoding: $0, as: UTF8.self) })
    }
  }
  return requests
}

/// All replies in these bytes.
func replies(
  in text: String, _ delivery: Delivery = .whole, limits: RESPLimits = RESPLimits()
) throws(RESPProtocolError) -> [RESPValue] {
  var decoder = RESPValueDecoder(limits: limits)
  var buffer = ByteBuffer()
  var replies: [RESPValue] = []
  for piece in delivery.pieces(of: Array(text.utf8)) {
    buffer.writeBytes(piece)
    while let reply = try decoder.next(from: &buffer) { replies.append(reply) }
  }
  return replies
}

/// What is written to an empty buffer.
func written(_ write: (inout ByteBuffer) -> Void) -> String {
  var buffer = ByteBuffer()
  write(&buffer)
  return String(buffer: buffer)
}
