import Replication

extension Evaluation {
  /// How Redis would keep the value, by its rules and default settings, for OBJECT ENCODING.
  func encoding(of stored: StoredValue, _ key: [UInt8]) throws -> String {
    switch stored.type {
    case .string:
      if let number = stored.value.parsedInteger, stored.value == [UInt8](decimal: number) { return "int" }
      return stored.value.count <= 44 ? "embstr" : "raw"
    case .hash: return try isSmall(stored, key, bytes: 64) ? "listpack" : "hashtable"
    case .sortedSet: return try isSmall(stored, key, bytes: 64) ? "listpack" : "skiplist"
    case .list: return try isSmall(stored, key, bytes: 8_000) ? "listpack" : "quicklist"
    case .set:
      if stored.memberCount <= 512 {
        let members = try view.members(of: key, after: nil, limit: 513, descending: false)
        if members.allSatisfy({ $0.name.parsedInteger != nil }) { return "intset" }
      }
      return try isSmall(stored, key, bytes: 64) ? "listpack" : "hashtable"
    }
  }

  private func isSmall(_ stored: StoredValue, _ key: [UInt8], bytes: Int) throws -> Bool {
    guard stored.memberCount <= 128 else { return false }
    return try view.members(of: key, after: nil, limit: 129, descending: false).allSatisfy {
      $0.name.count <= bytes && $0.value.count <= bytes
    }
  }

  /// About how many bytes a key takes with its value, in the replica and in its caches; of many members only the first
  /// `samples` are looked at, or all with 0.
  func size(of stored: StoredValue, _ key: [UInt8], samples: Int) throws -> Int64 {
    let row = 48
    let own = Int64(row + key.count + stored.value.count)
    guard stored.memberCount > 0 else { return own }
    var (looked, bytes, last): (Int, Int, [UInt8]?) = (0, 0, nil)
    let wanted = samples == 0 ? stored.memberCount : min(samples, stored.memberCount)
    while looked < wanted {
      let some = try view.members(
        of: key, after: last, limit: min(1_000, wanted - looked), descending: false)
      guard let end = some.last else { break }
      bytes += some.reduce(0) { $0 + row + $1.name.count + $1.value.count }
      looked += some.count
      last = end.name
    }
    return own + (looked == 0 ? 0 : Int64(bytes) * Int64(stored.memberCount) / Int64(looked))
  }
}
