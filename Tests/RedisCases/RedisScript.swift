import Foundation
import RESP

/// Commands in order, and what Redis answers to each, as `record.py` has recorded it.
public struct RedisScript: Sendable, CustomStringConvertible {
  /// One command.
  public struct Step: Sendable {
    /// Its words.
    public var arguments: [[UInt8]]
    /// The command as it stands in the script.
    public var text: String
    /// The bytes of the answer in RESP2 and RESP3.
    public var replies: [RESPVersion: [UInt8]]
  }

  /// The name of its file.
  public var name: String
  /// The commands.
  public var steps: [Step]

  /// Its name.
  public var description: String { name }

  /// A script of this folder.
  public init(_ name: String) throws {
    let folder = (#filePath as NSString).deletingLastPathComponent
    let text = try String(contentsOfFile: "\(folder)/Scripts/\(name).txt", encoding: .utf8)
    self.name = name
    steps = []
    for line in text.split(separator: "\n") {
      let rest = String(line.dropFirst(2))
      switch line.first {
      case ">": steps.append(Step(arguments: InlineCommand.split(rest.utf8) ?? [], text: rest, replies: [:]))
      case "=":
        steps[steps.count - 1].replies[.v2] = Self.bytes(rest)
        steps[steps.count - 1].replies[.v3] = Self.bytes(rest)
      case "2": steps[steps.count - 1].replies[.v2] = Self.bytes(rest)
      case "3": steps[steps.count - 1].replies[.v3] = Self.bytes(rest)
      default: break
      }
    }
  }

  /// The bytes that are written with `\r`, `\n`, `\\` and `\xHH`.
  private static func bytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let mark = rest.popFirst() else {
        bytes.append(byte)
        continue
      }
      switch mark {
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "x"):
        bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      default: bytes.append(mark)
      }
    }
    return bytes
  }

  /// Bytes as they stand in a script, for messages.
  public static func text(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      switch byte {
      case 13: "\\r"
      case 10: "\\n"
      case 0x20..<0x7F: String(UnicodeScalar(byte))
      default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }.joined()
  }
}
