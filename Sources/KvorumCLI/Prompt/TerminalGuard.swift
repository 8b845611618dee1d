#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Gives the terminal back as it was found when a signal ends the program in the middle of a line.
enum TerminalGuard {
  // Written once, before the handler that reads it is installed. Not in a global variable: Swift 6.3 lays one out
  // without the padding of the C structure, three bytes too short for what tcgetattr writes.
  nonisolated(unsafe) private static let found = UnsafeMutablePointer<termios>.allocate(capacity: 1)

  /// From now on Ctrl-C leaves with exit code 0, and SIGTERM and SIGHUP as they always do.
  static func install() {
    guard tcgetattr(STDIN_FILENO, found) == 0 else { return }
    signal(SIGINT) { _ in
      TerminalGuard.restore()
      _exit(0)
    }
    for number in [SIGTERM, SIGHUP] {
      signal(number) { number in
        TerminalGuard.restore()
        _exit(128 + number)
      }
    }
  }

  // Only calls that are allowed in a signal handler.
  private static func restore() {
    tcsetattr(STDIN_FILENO, TCSANOW, found)
    write(STDOUT_FILENO, "\n", 1)
  }
}
