/// How MONITOR shows a command.
public enum MonitorLine {
  /// The line for a command, or nil if it is not shown: commands on the server are not, nor what may hold a secret.
  ///
  /// - Parameters:
  ///   - time: Microseconds of Unix time.
  ///   - client: The address of the client that has sent it.
  public static func text(
    of command: Command, _ arguments: [[UInt8]], microsecondsOfUnixTime time: Int64, client: String
  ) -> String? {
    guard command.flags.isDisjoint(with: [.admin, .skipMonitor]) else { return nil }
    let fraction = String(time % 1_000_000)
    let padded = String(repeating: "0", count: 6 - fraction.count) + fraction
    let words = command.redacted(arguments).map(quoted).joined(separator: " ")
    return "\(time / 1_000_000).\(padded) [0 \(client)] \(words)"
  }

  /// A word as Redis quotes it: with escapes for what cannot be printed.
  private static func quoted(_ word: [UInt8]) -> String {
    var text = "\""
    for byte in word {
      switch byte {
      case UInt8(ascii: "\\"): text += "\\\\"
      case UInt8(ascii: "\""): text += "\\\""
      case UInt8(ascii: "\n"): text += "\\n"
      case UInt8(ascii: "\r"): text += "\\r"
      case UInt8(ascii: "\t"): text += "\\t"
      case 0x07: text += "\\a"
      case 0x08: text += "\\b"
      case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16)
        text += "\\x" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return text + "\""
  }
}
