import RESP

/// What a line typed at the prompt or piped in asks for.
enum TypedLine: Equatable {
  /// Nothing is on the line.
  case empty
  /// `EXIT`, or `QUIT` as Redis users type it.
  case exit
  /// `READ`, with its key or without.
  case read(key: [UInt8]?)
  /// `WRITE`, with its key and value or without.
  case write(key: [UInt8]?, value: [UInt8]?)
  /// Any other command.
  case command([[UInt8]])
  /// The line makes no sense; the sentence says why.
  case malformed(String)

  /// Reads a line without its end.
  ///
  /// Arguments are split and quoted as redis-cli does. After `WRITE key` the rest of the line is the value as
  /// it stands, unless it is one quoted argument.
  init(_ line: [UInt8]) {
    let (word, rest) = Self.firstWord(Self.trimmed(line))
    switch String(decoding: word, as: UTF8.self).uppercased() {
    case "": self = .empty
    case "EXIT" where rest.isEmpty, "QUIT" where rest.isEmpty: self = .exit
    case "READ": self = Self.read(rest)
    case "WRITE": self = Self.write(rest)
    default:
      guard let arguments = InlineCommand.split(line), !arguments.isEmpty else {
        self = .malformed("The quotes on this line are not closed.")
        return
      }
      self = .command(arguments)
    }
  }

  /// A key or value that stands alone on its line: without its quotes if it is one quoted argument.
  static func bare(_ text: [UInt8]) -> [UInt8] {
    guard let first = text.first, first == UInt8(ascii: "\"") || first == UInt8(ascii: "'"),
      let arguments = InlineCommand.split(text), arguments.count == 1
    else { return text }
    return arguments[0]
  }

  /// The text without the blanks around it.
  static func trimmed(_ text: [UInt8]) -> [UInt8] {
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return Array(text)
  }

  private static func read(_ rest: [UInt8]) -> TypedLine {
    guard !rest.isEmpty else { return .read(key: nil) }
    guard let arguments = InlineCommand.split(rest) else {
      // A lone quote is more likely part of a key than a mistake, if nothing else is on the line.
      return rest.contains(where: isBlank)
        ? .malformed("The quotes on this line are not closed.") : .read(key: rest)
    }
    guard arguments.count == 1 else {
      return .malformed("READ takes one key; put a key that has blanks in quotes.")
    }
    return .read(key: arguments[0])
  }

  private static func write(_ rest: [UInt8]) -> TypedLine {
    guard !rest.isEmpty else { return .write(key: nil, value: nil) }
    let (keyText, valueText) = firstArgument(rest)
    let key = bare(keyText)
    return .write(key: key, value: valueText.isEmpty ? nil : bare(valueText))
  }

  private static func firstWord(_ text: [UInt8]) -> (argument: [UInt8], rest: [UInt8]) {
    let end = text.firstIndex(where: isBlank) ?? text.endIndex
    return (Array(text[..<end]), Array(text[end...].drop(while: isBlank)))
  }

  /// The first argument with its quotes, and the rest without the blanks before it.
  private static func firstArgument(_ text: [UInt8]) -> (argument: [UInt8], rest: [UInt8]) {
    guard let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      return firstWord(text)
    }
    var place = 1
    while place < text.count {
      // In single quotes a backslash takes the meaning from nothing but the quote.
      if text[place] == UInt8(ascii: "\\"),
        quote == UInt8(ascii: "\"") || text[place...].dropFirst().first == quote
      {
        place += 2
        continue
      }
      if text[place] == quote {
        let after = place + 1
        guard after == text.count || isBlank(text[after]) else { break }
        return (Array(text[..<after]), Array(text[after...].drop(while: isBlank)))
      }
      place += 1
    }
    return firstWord(text)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }
}
