import ArgumentParser

/// A number of bytes as people write it: 4096, 64K, 512M or 4G, in powers of 1,024.
struct ByteCount: ExpressibleByArgument {
  var bytes: Int64

  init(_ bytes: Int64) { self.bytes = bytes }

  init?(argument: String) {
    guard let bytes = scaled(argument, [("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("t", 1 << 40)])
    else { return nil }
    self.bytes = bytes
  }

  var defaultValueDescription: String {
    for (unit, size) in [("G", Int64(1 << 30)), ("M", 1 << 20), ("K", 1 << 10)]
    where bytes > 0 && bytes % size == 0 {
      return "\(bytes / size)\(unit)"
    }
    return "\(bytes)"
  }
}

/// A time as people write it: 500ms, 90s, 30m, 12h or 7d; without a unit it is seconds.
struct TimeSpan: ExpressibleByArgument {
  var milliseconds: Int64

  init(_ milliseconds: Int64) { self.milliseconds = milliseconds }

  init?(argument: String) {
    let units: [(String, Int64)] = [
      ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    let text = argument.last?.isNumber == true ? argument + "s" : argument
    guard let milliseconds = scaled(text, units) else { return nil }
    self.milliseconds = milliseconds
  }

  var defaultValueDescription: String { milliseconds == 0 ? "0" : "\(milliseconds) ms" }
}

/// A whole number, at least 0, with one of some units behind it or none.
private func scaled(_ text: String, _ units: [(String, Int64)]) -> Int64? {
  let text = text.lowercased()
  let (digits, factor) =
    units.first { text.hasSuffix($0.0) }.map { (text.dropLast($0.0.count), $0.1) } ?? (text[...], 1)
  guard !digits.isEmpty, digits.allSatisfy(\.isNumber), let number = Int64(digits) else { return nil }
  let (product, overflow) = number.multipliedReportingOverflow(by: factor)
  return overflow ? nil : product
}
