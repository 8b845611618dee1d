extension HistoryPart {
  /// The parts of a history in which operations that name a common key belong together, directly or through others.
  ///
  /// `keys` has the keys of each operation; one that names none is a part of its own. Parts come in the order of
  /// their first operation. Union-find (Tarjan 1975).
  public static func byConnectedKeys<Key: Hashable>(_ keys: [[Key]]) -> [HistoryPart] {
    var parent = Array(keys.indices)
    func root(_ operation: Int) -> Int {
      var operation = operation
      while parent[operation] != operation {
        parent[operation] = parent[parent[operation]]
        operation = parent[operation]
      }
      return operation
    }
    var firstWith: [Key: Int] = [:]
    for (operation, named) in keys.enumerated() {
      for key in named {
        if let first = firstWith[key] {
          let (a, b) = (root(first), root(operation))
          parent[max(a, b)] = min(a, b)
        } else {
          firstWith[key] = operation
        }
      }
    }
    var partOf: [Int: Int] = [:]
    var parts: [HistoryPart] = []
    var named: [[Key]] = []
    for operation in keys.indices {
      let root = root(operation)
      let part = partOf[root] ?? parts.count
      if part == parts.count {
        partOf[root] = part
        parts.append(HistoryPart(name: nil, operations: []))
        named.append([])
      }
      parts[part].operations.append(operation)
      for key in keys[operation] where firstWith[key] == operation { named[part].append(key) }
    }
    // Each key once, in the order of first use.
    for part in parts.indices {
      var known: Set<Key> = []
      let own = named[part].filter { known.insert($0).inserted }.map { HistoryText.of($0) }
      parts[part].name = own.isEmpty ? nil : (own.count == 1 ? "key " : "keys ") + own.joined(separator: ", ")
    }
    return parts
  }
}
