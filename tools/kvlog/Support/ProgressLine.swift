import Foundation

/// One line on the terminal that says how far it is, how fast and how long it will take; nothing where errors go to a
/// file, and nothing in the first second.
final class ProgressLine {
  private let what: String
  private let unit: String
  private let scale: Double
  private let started = ContinuousClock.now
  /// When the work at hand began, and how much of it was done then: what came before says nothing of its rate.
  private var begun: (at: ContinuousClock.Instant, done: UInt64)?
  private var last: UInt64 = 0
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
    if begun == nil || done < last { begun = (now, done) }
    last = done
    guard isTerminal, now - started > .seconds(1), now - shownAt > .milliseconds(250) else { return }
    shownAt = now
    isShown = true
    let since = begun ?? (now, 0)
    let passed = max(0.001, (now - since.at) / .seconds(1))
    let rate = Double(done - since.done) / passed
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
