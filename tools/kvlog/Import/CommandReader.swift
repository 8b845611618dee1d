import Foundation
import NIOCore
import RESP
import Replication

/// A stream of Redis commands: what `redis-cli --pipe` takes, and the append-only files of Redis.
struct CommandReader: ImportReader {
  private static let chunk = 1 << 18
  private let handle: FileHandle
  private var decoder = RESPRequestDecoder(
    limits: RESPLimits(maxArguments: 1 << 20, maxBulkBytes: 512 << 20, maxTotalBytes: 1 << 30))
  private var buffer = ByteBuffer()
  private var isAtEnd = false
  private var hasFailed = false
  private var database: Int64 = 0
  private var transaction: [[[UInt8]]]?
  private(set) var bytesRead: UInt64 = 0
  private(set) var notes: [String] = []
  /// The time that the file gives for the commands that follow, in milliseconds of Unix time.
  private(set) var time: Int64?

  init(_ handle: FileHandle) { self.handle = handle }

  mutating func next() throws -> (record: ImportRecord, place: String)? {
    while !hasFailed {
      guard try skipAnnotations() else { break }
      let offset = bytesRead - UInt64(buffer.readableBytes)
      let place = "byte \(offset)"
      guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { break }
      guard first == UInt8(ascii: "*") || isLetter(first) else {
        return fail("there is no command; nothing from here on was read", place)
      }
      do {
        guard let arguments = try request() else {
          return fail("the last command is cut off", place)
        }
        if let record = record(arguments) { return (record, place) }
      } catch {
        return fail("\(error); nothing from here on was read", place)
      }
    }
    if transaction != nil {
      transaction = nil
      return (.damaged("the last MULTI has no EXEC; its commands were left out"), "byte \(bytesRead)")
    }
    return nil
  }

  private mutating func fail(_ reason: String, _ place: String) -> (record: ImportRecord, place: String) {
    hasFailed = true
    transaction = nil
    return (.damaged(reason), place)
  }

  private mutating func request() throws -> [[UInt8]]? {
    while true {
      if let arguments = try decoder.next(from: &buffer) { return arguments }
      guard try readMore() else {
        // An inline command may be the last of a file without a line end.
        return nil
      }
    }
  }

  private mutating func readMore() throws -> Bool {
    guard !isAtEnd else { return false }
    let more = try handle.read(upToCount: Self.chunk) ?? Data()
    isAtEnd = more.isEmpty
    buffer.discardReadBytes()
    more.withUnsafeBytes { _ = buffer.writeBytes($0) }
    bytesRead += UInt64(more.count)
    return !isAtEnd
  }

  /// Passes over line ends, and the lines `#TS:1700000000` with which Redis says when what follows was written.
  private mutating func skipAnnotations() throws -> Bool {
    while true {
      guard let byte = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else {
        guard try readMore() else { return false }
        continue
      }
      if byte == 0x0A || byte == 0x0D {
        buffer.moveReaderIndex(forwardBy: 1)
      } else if byte == UInt8(ascii: "#") {
        guard let end = buffer.readableBytesView.firstIndex(of: 0x0A) else {
          guard try readMore() else { return false }
          continue
        }
        let line = buffer.readString(length: end + 1 - buffer.readerIndex) ?? ""
        if line.hasPrefix("#TS:"), let seconds = Int64(line.dropFirst(4).prefix { $0.isASCII && $0.isNumber })
        {
          time = seconds.multipliedReportingOverflow(by: 1_000).partialValue
        }
      } else {
        return true
      }
    }
  }

  private func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// What a command asks for; nil if it only begins or continues something.
  private mutating func record(_ arguments: [[UInt8]]) -> ImportRecord? {
    switch String(decoding: arguments[0], as: UTF8.self).uppercased() {
    case "SELECT" where arguments.count == 2:
      guard let number = Int64(String(decoding: arguments[1], as: UTF8.self)) else {
        return .damaged("SELECT of no number")
      }
      database = number
      return nil
    case "MULTI":
      transaction = []
      return nil
    case "EXEC":
      defer { transaction = nil }
      return transaction.flatMap { $0.isEmpty ? nil : .commands($0) }
    case "DISCARD":
      transaction = nil
      return nil
    default:
      guard database == 0 else { return .passedOver("commands for database \(database)") }
      guard transaction == nil else {
        transaction?.append(arguments)
        return nil
      }
      return .commands([arguments])
    }
  }
}
