/// The names of all files and directories, and beside them those that a power cut would leave.
struct NameTable {
  enum Object {
    case file(StoredFile)
    case directory
  }

  private enum Change {
    case add(String, Object)
    case remove(String)
    case rename(String, String, Object)

    var directory: String {
      switch self {
      case .add(let path, _), .remove(let path), .rename(_, let path, _): NameTable.parent(of: path)
      }
    }
  }

  private var present: [String: Object] = ["/": .directory]
  private var synced: [String: Object] = ["/": .directory]
  private var unsynced: [Change] = []

  subscript(_ path: String) -> Object? { present[path] }

  func file(_ path: String) -> StoredFile? {
    if case .file(let file) = present[path] { file } else { nil }
  }

  /// The paths of all files.
  var files: [String] { present.keys.filter { file($0) != nil }.sorted() }

  func hasParent(_ path: String) -> Bool {
    if case .directory = present[Self.parent(of: path)] { true } else { false }
  }

  mutating func add(_ path: String, _ object: Object) { make(.add(path, object)) }

  mutating func remove(_ path: String) { make(.remove(path)) }

  mutating func rename(_ path: String, to other: String) {
    guard let object = present[path] else { return }
    make(.rename(path, other, object))
  }

  private mutating func make(_ change: Change) {
    Self.apply(change, to: &present)
    unsynced.append(change)
  }

  mutating func synchronize(_ directory: String) {
    for change in unsynced where change.directory == directory { Self.apply(change, to: &synced) }
    unsynced.removeAll { $0.directory == directory }
  }

  /// A change of names is done as a whole or not at all.
  mutating func powerCut(_ dice: inout SurvivalDice) {
    for change in unsynced {
      if case .kept = dice.fate() { Self.apply(change, to: &synced) }
    }
    unsynced.removeAll()
    // What stands in a directory that was lost is lost with it.
    for path in synced.keys.sorted() where path != "/" {
      if case .directory = synced[Self.parent(of: path)] { continue }
      synced[path] = nil
    }
    present = synced
    for path in files { file(path)?.powerCut(&dice) }
  }

  private static func apply(_ change: Change, to names: inout [String: Object]) {
    switch change {
    case .add(let path, let object): names[path] = object
    case .remove(let path): names[path] = nil
    case .rename(let path, let other, let object):
      names[path] = nil
      names[other] = object
    }
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}
