#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Ends the process with code 3 and names the seed when the simulated code traps.
enum CrashReport {
  /// Written by the handler as it is: in a signal handler nothing may be allocated.
  nonisolated(unsafe) private static let line = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 128)
  nonisolated(unsafe) private static var count = 0

  static func install() {
    line.initialize(repeating: 0)
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
      signal(number) { _ in
        write(2, CrashReport.line.baseAddress, CrashReport.count)
        _exit(3)
      }
    }
  }

  /// Remembers the seed under way.
  static func name(seed: UInt64) {
    let text = Array(
      "seed \(seed): crashed; repeat it with: kvsim --seed \(seed) --verbose\n".utf8.prefix(line.count))
    for (place, byte) in text.enumerated() { line[place] = byte }
    count = text.count
  }
}
