import Foundation
import Glibc
import NIOCore
import RESP
import Replication
import Storage

/// Writes mutations in one of the formats that can be imported.
struct ExportWriter {
  let format: ImportFormat
  private let output: ExportOutput
  /// Mutations that the format cannot express.
  var leftOut: UInt64 { leftOutTexts + commands.leftOut }
  private var leftOutTexts: UInt64 = 0
  /// Puts whose expiry the format cannot express.
  private(set) var withoutExpiry: UInt64 = 0
  private(set) var written: UInt64 = 0
  private var buffer = ByteBuffer()
  private var commands: CommandWriter

  /// - Parameter listsAreKnown: Whether all that happened to a list is written, from its first element on.
  init(_ format: ImportFormat, listsAreKnown: Bool, _ output: ExportOutput) {
    self.format = format
    self.output = output
    commands = CommandWriter(listsAreKnown: listsAreKnown)
  }

  /// Writes what one entry did.
  mutating func write(_ mutations: [Mutation]) throws {
    switch format {
    case .text: for mutation in mutations { writeText(mutation) }
    case .json: for mutation in mutations { writeJSON(mutation) }
    case .resp: written += UInt64(commands.write(mutations, to: &buffer))
    }
    if buffer.readableBytes > 1 << 18 { try flush() }
  }

  mutating func flush() throws {
    try output.write(buffer)
    buffer.clear()
  }

  private mutating func writeText(_ mutation: Mutation) {
    guard mutation.operation == .put, !mutation.key.isEmpty,
      !mutation.key.contains(where: { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0 }),
      !mutation.value.contains(where: { $0 == 0x0A || $0 == 0 }), mutation.value.last != 0x0D
    else {
      leftOutTexts += 1
      return
    }
    if mutation.expiresAt != nil { withoutExpiry += 1 }
    written += 1
    buffer.writeString("WRITE ")
    buffer.writeBytes(mutation.key)
    buffer.writeInteger(UInt8(ascii: " "))
    buffer.writeBytes(mutation.value)
    buffer.writeInteger(UInt8(ascii: "\n"))
  }

  private mutating func writeJSON(_ mutation: Mutation) {
    written += 1
    buffer.writeString("{")
    var separator = ""
    func write(_ name: String, _ bytes: [UInt8]) {
      buffer.writeString(separator)
      buffer.writeJSONField(name, bytes)
      separator = ","
    }
    if mutation.operation != .clear { write("key", mutation.key) }
    switch mutation.operation {
    case .put: write("value", mutation.value)
    case .delete: buffer.writeString(",\"deleted\":true")
    case let operation:
      write("op", Array(operation.word.utf8))
      if operation.container != nil { write("member", mutation.member) }
      if operation.hasValue { write("value", mutation.value) }
    }
    if let end = mutation.expiresAt { buffer.writeString(",\"expires_at\":\(end)") }
    buffer.writeString("}\n")
  }

  /// Says that what is written from here on is of other keys.
  mutating func forgetLists() { commands.forgetLists() }
}

/// Where an export goes: the standard output or a new file.
final class ExportOutput {
  private let descriptor: Int32
  private let path: String?

  /// - Parameter path: A file that must not exist; nil for the standard output.
  init(_ path: String?) throws {
    self.path = path
    guard let path else {
      descriptor = 1
      return
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw Unusable(
        errno == EEXIST
          ? "\(path) exists: choose another --output, or move it away."
          : "\(path) cannot be made (\(String(cString: strerror(errno)))).")
    }
  }

  deinit { if path != nil { close(descriptor) } }

  func write(_ buffer: ByteBuffer) throws {
    try buffer.withUnsafeReadableBytes { bytes in
      var start = 0
      while start < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress! + start, bytes.count - start)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          // Nobody reads any more.
          if path == nil, errno == EPIPE { exit(0) }
          throw Unusable(
            "\(path ?? "The standard output") cannot be written (\(String(cString: strerror(errno)))).")
        }
        start += count
      }
    }
  }

  func complete() throws {
    guard let path, fsync(descriptor) != 0 else { return }
    throw Unusable("\(path) could not be brought to the disk (\(String(cString: strerror(errno)))).")
  }
}
