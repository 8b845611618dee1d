import Foundation

/// A line on the terminal that is written over and over.
struct ProgressLine: Sendable {
  let isOn: Bool

  func show(_ text: String) { write("\r\u{1b}[K\(text)") }

  func clear() { write("\r\u{1b}[K") }

  private func write(_ text: String) {
    if isOn { FileHandle.standardError.write(Data(text.utf8)) }
  }
}
