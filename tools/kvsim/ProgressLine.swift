#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One line on the terminal that says how far the runs are; nothing where errors go to a file.
final class ProgressLine {
  private let total: UInt64?
  private let limit: Duration?
  private var shownAt: Duration = .zero
  private var isShown = false

  /// - Parameter remaining: The number of runs after the first; nil if only `limit` ends them.
  init?(of remaining: UInt64?, limit: Duration?) {
    guard isatty(2) == 1, remaining != 0 else { return nil }
    total = remaining.map { $0 == .max ? $0 : $0 + 1 }
    self.limit = limit
  }

  func show(_ summary: Summary, elapsed: Duration) {
    guard elapsed - shownAt > .milliseconds(250) else { return }
    shownAt = elapsed
    let passed = elapsed / .seconds(1)
    var line =
      "\(summary.runs)\(total.map { "/\($0)" } ?? "") runs, \(summary.wrong) wrong, \(summary.stuck) stuck"
    line += ", \(summary.rate(in: passed)) simulated seconds a second"
    if let left = secondsLeft(summary, passed: passed) { line += ", \(Self.clock(left)) left" }
    show(line)
    isShown = true
  }

  func clear() {
    guard isShown else { return }
    show("")
    isShown = false
  }

  private func secondsLeft(_ summary: Summary, passed: Double) -> Double? {
    if let limit { return max(0, limit / .seconds(1) - passed) }
    guard let total, summary.runs > 0 else { return nil }
    return passed / Double(summary.runs) * Double(total - UInt64(summary.runs))
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    let rest = String(whole % 60)
    return "\(whole / 60):\(rest.utf8.count < 2 ? "0" : "")\(rest)"
  }

  private func show(_ text: String) {
    let bytes = Array("\r\u{1B}[K\(text)".utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  }
}
