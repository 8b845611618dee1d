import Glibc

/// How many files, sockets among them, this process may have open.
enum OpenFiles {
  /// For the databases, the links to the other nodes, and their moments of change.
  private static let reserve = 128

  /// Raises the limit as far as the system lets an ordinary user, and says what it is now.
  static func raiseLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = raised.rlim_max
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// How many connections clients may have within a limit of open files.
  static func clientLimit(within files: Int) -> Int {
    max(1, files - min(reserve, files / 2))
  }
}
