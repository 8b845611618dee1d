import Processes

extension ChildProcess {
  /// Waits for its end; nil if that does not come in time.
  func exit(within limit: Duration) async -> Exit? {
    _ = await eventually(within: limit, every: .milliseconds(2)) { self.poll() != nil }
    return poll()
  }
}
