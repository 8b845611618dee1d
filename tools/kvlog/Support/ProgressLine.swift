import Foundation

/// One line on the terminal that says how far it is, how fast and how long it will take; nothing where errors go to a
/// file, and nothing in the first second.
final class ProgressLine {
  private let what: String
  private let unit: String
  private let scale: Double
  private let started = ContinuousClock.now
  private var shownAt = ContinuousClock.now
  private var isShown = false
  private let isTerminal = isatty(2) == 1

  init(_ what: String, unit: String, scale: Double = 1) {
    self.what = what
    self.unit = unit
    self.scale = scale
  }

  func show(_ done: UInt64, of total: UInt64) {
    let now = ContinuousClock.now
    guard isTerminal, now - started > .seconds(1), now - shownAt > .milliseconds(250) else { return }
    shownAt = now
    isShown = true
    let passed = (now - started) / .seconds(1)
    let rate = Double(done) / passed
    var line = "\(what) \(number(done)) \(unit), \(number(UInt64(rate))) \(unit)/s"
    if total > done, rate > 0 { line += ", \(Int(Double(total - done) / rate) + 1) s left" }
    write(line)
  }

  func clear() {
    guard isShown else { return }
    isShown = false
    write("")
  }

  private func number(_ value: UInt64) -> String {
    scale == 1 ? "\(value)" : String(format: "%.1f", Double(value) / scale)
  }

  private func write(_ text: String) {
    FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
  }
}
