import Foundation

/// A condition did not come true in time.
struct DeadlineError: Error, CustomStringConvertible {
  var description: String
}

/// Polls until `condition` holds; an error it throws counts as "not yet" and is told when time is up.
func eventually(
  _ what: String, within limit: Duration = .seconds(15), _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  var trouble: (any Error)?
  while true {
    do {
      if try await condition() { return }
      trouble = nil
    } catch let error as CancellationError {
      throw error
    } catch {
      trouble = error
    }
    guard ContinuousClock.now < deadline else {
      throw DeadlineError(
        description: "not within \(limit): \(what)" + (trouble.map { "; the last try: \($0)" } ?? ""))
    }
    try await Task.sleep(for: .milliseconds(10))
  }
}

/// How long `body` takes.
func measured<Result>(_ body: () async throws -> Result) async rethrows -> (result: Result, time: Duration) {
  let start = ContinuousClock.now
  let result = try await body()
  return (result, ContinuousClock.now - start)
}

extension Duration {
  /// Whole milliseconds, for people.
  var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
