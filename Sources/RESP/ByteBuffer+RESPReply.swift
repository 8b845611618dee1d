import NIOCore

// Each method writes one whole value, or the header of an aggregate whose elements the caller writes next. What
// RESP2 does not have is written as Redis does for a connection that speaks RESP2.
extension ByteBuffer {
  /// Writes a simple string. Line ends in it become blanks, because they would end the reply.
  public mutating func writeRESPSimple(_ text: String) { writeRESPText(ASCII.plus, text) }

  /// Writes an error, whose text begins with its prefix. Line ends in it become blanks.
  public mutating func writeRESPError(_ text: String) { writeRESPText(ASCII.minus, text) }

  /// Writes an integer.
  public mutating func writeRESPInteger(_ value: Int64) { writeRESPLine(ASCII.colon, value) }

  /// Writes any bytes.
  public mutating func writeRESPBulk(_ bytes: [UInt8]) {
    let count = bytes.count
    writeWithUnsafeMutableBytes(minimumWritableBytes: count + RESPLine.maxNumberLine + 2) { space in
      let start = RESPLine.write(ASCII.dollar, Int64(count), to: space)
      UnsafeMutableRawBufferPointer(rebasing: space[start..<start + count]).copyBytes(from: bytes)
      space[start + count] = ASCII.carriageReturn
      space[start + count + 1] = ASCII.lineFeed
      return start + count + 2
    }
  }

  /// Writes text as a bulk string.
  public mutating func writeRESPBulk(_ text: String) {
    writeRESPLine(ASCII.dollar, Int64(text.utf8.count))
    writeString(text)
    writeRESPLineEnd()
  }

  /// Writes nothing where a string or number would be.
  public mutating func writeRESPNull(_ version: RESPVersion) {
    writeStaticString(version == .v3 ? "_\r\n" : "$-1\r\n")
  }

  /// Writes nothing where an array would be.
  public mutating func writeRESPNullArray(_ version: RESPVersion) {
    writeStaticString(version == .v3 ? "_\r\n" : "*-1\r\n")
  }

  /// Begins an array of so many elements.
  public mutating func writeRESPArrayHeader(_ count: Int) { writeRESPLine(ASCII.star, Int64(count)) }

  /// Begins a map of so many pairs; in RESP2 an array of keys and values in turn.
  public mutating func writeRESPMapHeader(_ count: Int, _ version: RESPVersion) {
    if version == .v3 {
      writeRESPLine(UInt8(ascii: "%"), Int64(count))
    } else {
      writeRESPArrayHeader(2 * count)
    }
  }

  /// Begins a set of so many elements; in RESP2 an array.
  public mutating func writeRESPSetHeader(_ count: Int, _ version: RESPVersion) {
    writeRESPLine(version == .v3 ? UInt8(ascii: "~") : ASCII.star, Int64(count))
  }

  /// Begins a message that no request asked for, of so many elements; in RESP2 an array.
  public mutating func writeRESPPushHeader(_ count: Int, _ version: RESPVersion) {
    writeRESPLine(version == .v3 ? UInt8(ascii: ">") : ASCII.star, Int64(count))
  }

  /// Writes a double with as many digits as tell it from every other; in RESP2 a bulk string.
  public mutating func writeRESPDouble(_ value: Double, _ version: RESPVersion) {
    var text = "\(value)"
    if text.hasSuffix(".0") { text.removeLast(2) }
    if version == .v3 { writeRESPText(UInt8(ascii: ","), text) } else { writeRESPBulk(text) }
  }

  /// Writes a boolean; in RESP2 the integer 1 or 0.
  public mutating func writeRESPBoolean(_ value: Bool, _ version: RESPVersion) {
    switch version {
    case .v2: writeRESPInteger(value ? 1 : 0)
    case .v3: writeStaticString(value ? "#t\r\n" : "#f\r\n")
    }
  }

  /// Writes an integer of any size, given as its digits; in RESP2 a bulk string.
  public mutating func writeRESPBigNumber(_ digits: String, _ version: RESPVersion) {
    if version == .v3 { writeRESPText(UInt8(ascii: "("), digits) } else { writeRESPBulk(digits) }
  }

  /// Writes text with its format, which has three letters: `txt` or `mkd`; in RESP2 a bulk string without it.
  public mutating func writeRESPVerbatim(_ bytes: [UInt8], format: String = "txt", _ version: RESPVersion) {
    guard version == .v3 else { return writeRESPBulk(bytes) }
    precondition(format.utf8.count == 3, "the format of a verbatim string has three letters")
    writeRESPLine(UInt8(ascii: "="), Int64(bytes.count + 4))
    writeString(format)
    writeInteger(ASCII.colon)
    writeBytes(bytes)
    writeRESPLineEnd()
  }

  /// Writes a value with all that it contains.
  public mutating func writeRESPValue(_ value: RESPValue, _ version: RESPVersion) {
    switch value {
    case .simple(let text): writeRESPSimple(text)
    case .error(let text): writeRESPError(text)
    case .integer(let value): writeRESPInteger(value)
    case .bulk(let bytes): writeRESPBulk(bytes)
    case .null: writeRESPNull(version)
    case .nullArray: writeRESPNullArray(version)
    case .double(let value): writeRESPDouble(value, version)
    case .boolean(let value): writeRESPBoolean(value, version)
    case .bigNumber(let digits): writeRESPBigNumber(digits, version)
    case .verbatim(let format, let bytes): writeRESPVerbatim(bytes, format: format, version)
    case .array(let elements):
      writeRESPArrayHeader(elements.count)
      for element in elements { writeRESPValue(element, version) }
    case .set(let elements):
      writeRESPSetHeader(elements.count, version)
      for element in elements { writeRESPValue(element, version) }
    case .push(let elements):
      writeRESPPushHeader(elements.count, version)
      for element in elements { writeRESPValue(element, version) }
    case .map(let pairs):
      writeRESPMapHeader(pairs.count, version)
      for pair in pairs {
        writeRESPValue(pair.key, version)
        writeRESPValue(pair.value, version)
      }
    }
  }

  /// Writes a line of text. A line end inside it would end the reply and begin a forged one.
  private mutating func writeRESPText(_ type: UInt8, _ text: String) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: text.utf8.count + 3) { space in
      space[0] = type
      var end = 1
      for byte in text.utf8 {
        space[end] = byte == ASCII.carriageReturn || byte == ASCII.lineFeed ? ASCII.space : byte
        end += 1
      }
      space[end] = ASCII.carriageReturn
      space[end + 1] = ASCII.lineFeed
      return end + 2
    }
  }

  private mutating func writeRESPLineEnd() { writeStaticString("\r\n") }
}
