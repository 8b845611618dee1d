import DequeModule
import Replication

/// Where the scans that are under way stand: the number that a client is given, and the name after which it goes on.
///
/// A cursor that is not known begins from the start. Its scan then shows names twice, which SCAN may, but misses none
/// that was there all the time: so the promise holds across a failover and when there are too many scans.
public final class ScanCursors {
  private static let limit = 65_536
  private static let byteLimit = 16 << 20

  private var positions: [UInt64: [UInt8]] = [:]
  private var order: Deque<UInt64> = []
  private var bytes = 0
  private let seed: UInt64

  /// No scan is under way. Nodes have different seeds, so that none takes another's cursor for its own.
  public init(seed: UInt64 = 0) { self.seed = seed }

  /// The name after which a scan goes on; nil for the beginning.
  func position(_ cursor: UInt64) -> [UInt8]? { positions[cursor] }

  /// The number for a scan that has come to this name. Scans of one place share it. Never 0, and some clients read it
  /// as a signed number.
  func cursor(at name: [UInt8], in space: [UInt8] = []) -> UInt64 {
    let cursor = max(1, xxh64(name, seed: xxh64(space, seed: seed)) >> 1)
    if positions.updateValue(name, forKey: cursor) == nil {
      order.append(cursor)
      bytes += name.count
    }
    while order.count > Self.limit || bytes > Self.byteLimit, let oldest = order.popFirst() {
      bytes -= positions.removeValue(forKey: oldest)?.count ?? 0
    }
    return cursor
  }
}
