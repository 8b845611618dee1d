import CSQLite

/// The locks of one database file (sqlite.org/lockingv3.html).
final class FileLocks {
  private var levels: [ObjectIdentifier: Int32] = [:]

  func level(of holder: OpenFile) -> Int32 { levels[ObjectIdentifier(holder)] ?? SQLITE_LOCK_NONE }

  /// Whether somebody is about to write.
  var isReserved: Bool { levels.values.contains { $0 >= SQLITE_LOCK_RESERVED } }

  func lock(_ holder: OpenFile, _ wanted: Int32) -> Int32 {
    let key = ObjectIdentifier(holder)
    guard wanted > level(of: holder) else { return SQLITE_OK }
    let others = levels.filter { $0.key != key }.values.max() ?? SQLITE_LOCK_NONE
    switch wanted {
    case SQLITE_LOCK_SHARED:
      guard others < SQLITE_LOCK_PENDING else { return SQLITE_BUSY }
    case SQLITE_LOCK_RESERVED:
      guard others < SQLITE_LOCK_RESERVED else { return SQLITE_BUSY }
    default:
      guard others < SQLITE_LOCK_RESERVED else { return SQLITE_BUSY }
      guard others == SQLITE_LOCK_NONE else {
        // Nobody new may read from now on, so that the present readers can be waited for.
        levels[key] = SQLITE_LOCK_PENDING
        return SQLITE_BUSY
      }
    }
    levels[key] = wanted
    return SQLITE_OK
  }

  func unlock(_ holder: OpenFile, _ level: Int32) {
    levels[ObjectIdentifier(holder)] = level == SQLITE_LOCK_NONE ? nil : level
  }

  func clear() { levels.removeAll() }
}
