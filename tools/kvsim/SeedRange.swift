import ArgumentParser

/// Seeds as a person writes them: FIRST..LAST, both included.
struct SeedRange {
  let range: ClosedRange<UInt64>

  init(_ text: String) throws {
    guard let dots = text.firstRange(of: ".."), let first = UInt64(text[..<dots.lowerBound]),
      let last = UInt64(text[dots.upperBound...])
    else {
      throw ValidationError("'\(text)' is no range of seeds; write it as --seeds 1..2000")
    }
    guard first <= last else {
      throw ValidationError("the first seed is above the last; write it as --seeds \(last)..\(first)")
    }
    range = first...last
  }
}
