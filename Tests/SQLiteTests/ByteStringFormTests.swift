import SQLite
import Testing

@Suite struct ByteStringFormTests {
  private func form(_ bytes: [UInt8]) -> ByteStringForm {
    bytes.withUnsafeBytes { ByteStringForm(of: $0) }
  }

  @Test(arguments: [
    [], Array("a".utf8), Array("twelve bytes".utf8), Array("Grüße, 世界 🌍".utf8), [0x7F], [0xC2, 0x80],
    [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xF0, 0x90, 0x80, 0x80],
    [0xF4, 0x8F, 0xBF, 0xBF], [0xEF, 0xBB, 0xBF, 0x41],
  ])
  func `valid UTF-8 without NUL is a text`(_ bytes: [UInt8]) {
    #expect(form(bytes) == .text)
  }

  @Test(arguments: [
    [0x00], Array("a\0b".utf8), Array("12345678\0".utf8), Array("1234\0678".utf8), [0x80], [0xC0, 0x80],
    [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xE2, 0x82],
    [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
    Array("12345678".utf8) + [0xFE],
  ])
  func `everything else is a blob`(_ bytes: [UInt8]) {
    #expect(form(bytes) == .blob)
  }

  @Test func `the form agrees with the standard library for random bytes`() {
    var generator = SystemRandomNumberGenerator()
    let alphabet: [UInt8] = [
      0x00, 0x01, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF,
      0xF0, 0xF1, 0xF4, 0xF5,
    ]
    for _ in 0..<50_000 {
      let count = Int.random(in: 0...12, using: &generator)
      let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator)! }
      let isText = String(validating: bytes, as: UTF8.self) != nil && !bytes.contains(0)
      #expect(form(bytes) == (isText ? .text : .blob), "\(bytes)")
    }
  }
}
