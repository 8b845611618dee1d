/// Polls until `condition` holds; false if it does not come true in time.
func eventually(
  within limit: Duration, every pause: Duration = .milliseconds(10), _ condition: () async -> Bool
) async -> Bool {
  let deadline = ContinuousClock.now + limit
  while true {
    if await condition() { return true }
    guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
    try? await Task.sleep(for: pause)
  }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
