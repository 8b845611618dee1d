import Commands
import Replication

/// A time in which the requests of clients wait instead of being answered; none is lost.
public struct ClientPause: Sendable {
  /// Whether requests wait at present.
  public private(set) var isOn = false
  /// Whether reads wait too.
  public private(set) var holdsReads = false
  /// When it ends, or has ended; what waited must not be taken for late because of it.
  public private(set) var end: Instant = .distantPast

  /// Nothing waits.
  public init() {}

  /// Begins, or makes the present one longer or stricter.
  public mutating func begin(until end: Instant, onlyWrites: Bool) {
    self.end = isOn ? max(self.end, end) : end
    holdsReads = isOn && holdsReads || !onlyWrites
    isOn = true
  }

  /// Ends; the caller has the requests tried again.
  public mutating func finish(at now: Instant) {
    guard isOn else { return }
    isOn = false
    holdsReads = false
    end = now
  }

  /// Whether this command waits. The one that ends the pause does not.
  func holds(_ command: Command) -> Bool {
    if command.name == "client|unpause" { return false }
    return holdsReads || command.flags.contains(.write) || ["publish", "exec"].contains(command.name)
  }
}
