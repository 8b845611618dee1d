/// A command typed as one line of text, as people do over telnet and `redis-benchmark` does for its first test.
public enum InlineCommand {
  /// Splits a line into arguments by the quoting rules of Redis, or gives nil when a quote is not closed or
  /// something other than a blank follows the closing one.
  ///
  /// In double quotes `\n`, `\r`, `\t`, `\b`, `\a` and `\xHH` stand for bytes, and a backslash takes the meaning
  /// from any other one; in single quotes only `\'` is special.
  public static func split(_ line: some Collection<UInt8>) -> [[UInt8]]? {
    var arguments: [[UInt8]] = []
    var rest = line[...]
    while true {
      rest = rest.drop(while: isBlank)
      if rest.isEmpty { return arguments }
      guard let argument = takeArgument(from: &rest) else { return nil }
      arguments.append(argument)
    }
  }

  private static func takeArgument<Line: Collection<UInt8>>(from rest: inout Line) -> [UInt8]?
  where Line.SubSequence == Line {
    var argument: [UInt8] = []
    while let byte = rest.first, !isBlank(byte) {
      rest = rest.dropFirst()
      switch byte {
      case ASCII.quote, ASCII.apostrophe:
        guard takeQuoted(closing: byte, from: &rest, into: &argument) else { return nil }
        guard rest.first.map(isBlank) ?? true else { return nil }
        return argument
      default:
        argument.append(byte)
      }
    }
    return argument
  }

  /// Takes what is left of a quoted part, the closing quote included, and says whether there was one.
  private static func takeQuoted<Line: Collection<UInt8>>(
    closing quote: UInt8, from rest: inout Line, into argument: inout [UInt8]
  ) -> Bool where Line.SubSequence == Line {
    while let byte = rest.first {
      rest = rest.dropFirst()
      if byte == quote { return true }
      guard byte == ASCII.backslash, let escaped = rest.first else {
        argument.append(byte)
        continue
      }
      if quote == ASCII.apostrophe {
        if escaped == ASCII.apostrophe {
          argument.append(escaped)
          rest = rest.dropFirst()
        } else {
          argument.append(byte)
        }
      } else if let value = hexadecimalByte(rest.prefix(3)) {
        argument.append(value)
        rest = rest.dropFirst(3)
      } else {
        argument.append(unescaped(escaped))
        rest = rest.dropFirst()
      }
    }
    return false
  }

  private static func unescaped(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "n"): ASCII.lineFeed
    case UInt8(ascii: "r"): ASCII.carriageReturn
    case UInt8(ascii: "t"): ASCII.tab
    case UInt8(ascii: "b"): ASCII.backspace
    case UInt8(ascii: "a"): ASCII.bell
    default: byte
    }
  }

  private static func hexadecimalByte(_ text: some Collection<UInt8>) -> UInt8? {
    guard text.count == 3, text.first == UInt8(ascii: "x") else { return nil }
    var value: UInt8 = 0
    for byte in text.dropFirst() {
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt8(digit)
    }
    return value
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == ASCII.space || (ASCII.tab...ASCII.carriageReturn).contains(byte)
  }
}
