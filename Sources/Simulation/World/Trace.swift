/// The record of a run: a hash over all that happens, and on demand a transcript for people.
final class Trace {
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private let transcript: ((String) -> Void)?

  /// Whether anybody reads the transcript.
  var isTold: Bool { transcript != nil }

  init(transcript: ((String) -> Void)?) { self.transcript = transcript }

  func mix(_ value: UInt64) {
    hash = (hash ^ value) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
  }

  func mix(_ value: Int64) { mix(UInt64(bitPattern: value)) }
  func mix(_ value: Int) { mix(UInt64(bitPattern: Int64(value))) }

  func say(at time: Int64, _ line: @autoclosure () -> String) {
    guard let transcript else { return }
    let microseconds = String(time % 1_000_000_000 / 1_000)
    let padding = String(repeating: "0", count: 6 - microseconds.utf8.count)
    transcript("\(time / 1_000_000_000).\(padding)\(microseconds) \(line())")
  }
}
