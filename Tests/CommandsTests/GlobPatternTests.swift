import Commands
import Testing

@Suite struct GlobPatternTests {
  static let matching: [(String, String)] = [
    ("", ""), ("*", ""), ("*", "abc"), ("a*c", "abbbc"), ("a*b*c", "aXbYbZc"), ("a?c", "abc"),
    ("[abc]x", "bx"),
    ("[a-c]", "b"), ("[c-a]", "b"), ("[^a]", "b"), (#"\*"#, "*"), (#"[\]]"#, "]"), ("**", "x"), ("[ab", "b"),
    (#"a\"#, #"a\"#),
  ]
  static let differing: [(String, String)] = [
    ("", "a"), ("a", ""), ("a?c", "ac"), ("[abc]", "d"), ("[^a]", "a"), (#"\*"#, "a"), ("a*c", "abd"),
    ("?", ""),
    ("[", ""), ("a", "A"),
  ]

  @Test(arguments: matching)
  func `a pattern matches what it describes`(pattern: String, text: String) {
    #expect(GlobPattern(Array(pattern.utf8)).matches(Array(text.utf8)))
  }

  @Test(arguments: differing)
  func `a pattern does not match anything else`(pattern: String, text: String) {
    #expect(!GlobPattern(Array(pattern.utf8)).matches(Array(text.utf8)))
  }

  @Test func `letters of either case match when asked for`() {
    #expect(GlobPattern(Array("S[A-B]VE".utf8), ignoresCase: true).matches(Array("save".utf8)))
  }

  @Test(.timeLimit(.minutes(1)))
  func `many stars cost no more than the product of the lengths`() {
    let pattern = Array((String(repeating: "a*", count: 50) + "b").utf8)
    #expect(!GlobPattern(pattern).matches([UInt8](repeating: UInt8(ascii: "a"), count: 2000)))
  }
}
