import ArgumentParser

/// Seeds as a person writes them: FIRST..LAST, both included.
struct SeedRange: ExpressibleByArgument {
  let range: ClosedRange<UInt64>

  init?(argument: String) {
    guard let dots = argument.firstRange(of: ".."), let first = UInt64(argument[..<dots.lowerBound]),
      let last = UInt64(argument[dots.upperBound...]), first <= last
    else { return nil }
    range = first...last
  }
}
