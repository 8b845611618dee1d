import Testing

@testable import Node

@Suite("Which entries a log keeps") struct TrimPolicyTests {
  /// A log of entries of 1,000 bytes, one a second up to now, of which the last is `last`.
  private func log(base: UInt64, last: UInt64, now: Int64 = 1_000_000_000) -> TrimPolicy.Log {
    TrimPolicy.Log(
      base: base, last: last, usedBytes: Int64(last - base) * 1_000, now: now,
      time: { now - Int64(last - $0) * 1_000 })
  }

  @Test("The newest entries stay, and those before them go")
  func entries() throws {
    let policy = TrimPolicy(entries: 100)
    #expect(try policy.target(log(base: 0, last: 100)) == 0)
    #expect(try policy.target(log(base: 0, last: 101)) == 1)
    #expect(try policy.target(log(base: 50, last: 500)) == 400)
    #expect(try policy.target(log(base: 0, last: 0)) == 0)
  }

  @Test("Without a limit nothing goes")
  func none() throws {
    #expect(try TrimPolicy(entries: nil).target(log(base: 7, last: 1_000_000)) == 7)
  }

  @Test("What takes too many bytes goes in parts, until the rest fits")
  func bytes() throws {
    let policy = TrimPolicy(entries: nil, bytes: 5_000_000)
    var base: UInt64 = 0
    for _ in 0..<100 { base = try policy.target(log(base: base, last: 20_000)) }
    #expect(base == 15_000)
    #expect(try policy.target(log(base: 15_000, last: 20_000)) == 15_000)
    // A part at a time: entries differ in size.
    #expect(try policy.target(log(base: 0, last: 20_000)) == 1_250)
  }

  @Test("What is older than the age goes")
  func age() throws {
    let policy = TrimPolicy(entries: nil, age: 60_000)
    #expect(try policy.target(log(base: 0, last: 1_000)) == 939)
    #expect(try policy.target(log(base: 0, last: 30)) == 0)
    #expect(try policy.target(log(base: 0, last: 1_000, now: 5_000_000_000)) == 939)
    let old = TrimPolicy.Log(base: 3, last: 10, usedBytes: 0, now: 1_000_000, time: { _ in 1 })
    #expect(try policy.target(old) == 10)
  }

  @Test("The limit that keeps least counts")
  func all() throws {
    let policy = TrimPolicy(entries: 500, bytes: 100_000_000, age: 100_000)
    #expect(try policy.target(log(base: 0, last: 1_000)) == 899)
    #expect(try TrimPolicy(entries: 50, age: 100_000).target(log(base: 0, last: 1_000)) == 950)
  }
}
