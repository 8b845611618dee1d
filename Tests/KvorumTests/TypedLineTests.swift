import Testing

@testable import KvorumCLI

@Suite struct TypedLineTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: ["", "   ", "\t"]) func aBlankLineAsksForNothing(line: String) {
    #expect(TypedLine(bytes(line)) == .empty)
  }

  @Test(arguments: ["EXIT", "exit", " Exit ", "quit"]) func exitLeavesInAnyCase(line: String) {
    #expect(TypedLine(bytes(line)) == .exit)
  }

  @Test(arguments: [
    ("READ", nil), ("read foo", "foo"), ("Read  \"a b\"", "a b"), ("READ 'a b'", "a b"),
    ("READ it's", "it's"),
  ])
  func readTakesOneKey(line: String, key: String?) {
    #expect(TypedLine(bytes(line)) == .read(key: key.map(bytes)))
  }

  @Test func readOfTwoWordsIsExplained() {
    guard case .malformed(let sentence) = TypedLine(bytes("READ foo bar")) else {
      Issue.record("READ foo bar was taken for something else")
      return
    }
    #expect(sentence.contains("quotes"))
  }

  @Test(arguments: [
    ("WRITE foo bar", "foo", "bar"), ("write foo bar baz", "foo", "bar baz"),
    ("WRITE \"a b\" c d", "a b", "c d"), ("WRITE foo \"bar  baz\"", "foo", "bar  baz"),
    ("WRITE foo 'it\\'s'", "foo", "it's"), ("WRITE foo it's", "foo", "it's"),
    ("WRITE foo \"x\" y", "foo", "\"x\" y"), ("WRITE foo \"\\x41\\n\"", "foo", "A\n"),
    ("WRITE foo -1", "foo", "-1"), ("WRITE foo a  b ", "foo", "a  b"), ("WRITE \"\" \"\"", "", ""),
  ])
  func theRestOfTheLineIsTheValue(line: String, key: String, value: String) {
    #expect(TypedLine(bytes(line)) == .write(key: bytes(key), value: bytes(value)))
  }

  @Test func writeAloneOrWithAKeyLeavesTheRestToBeAsked() {
    #expect(TypedLine(bytes("WRITE")) == .write(key: nil, value: nil))
    #expect(TypedLine(bytes("WRITE foo")) == .write(key: bytes("foo"), value: nil))
  }

  @Test func anythingElseIsACommandSplitAsRedisDoes() {
    #expect(TypedLine(bytes("SET k \"a b\"")) == .command(["SET", "k", "a b"].map(bytes)))
    #expect(TypedLine(bytes("SET k \"a b")) == .malformed("The quotes on this line are not closed."))
  }

  @Test func aKeyThatIsNotUTF8KeepsItsBytes() {
    #expect(TypedLine(bytes("READ ") + [0xff, 0xfe]) == .read(key: [0xff, 0xfe]))
  }
}
