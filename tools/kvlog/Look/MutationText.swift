import Replication

extension Mutation {
  /// What happened, in one line for people, without the expiry.
  ///
  /// - Parameters:
  ///   - namesKey: Whether the line names the key.
  ///   - limit: How many bytes of a value are shown.
  func line(namesKey: Bool = true, limit: Int = .max) -> String {
    let key = namesKey ? " " + readable(key) : ""
    let member = readable(member)
    let value = readableValue(value, limit: limit)
    return switch operation {
    case .put: "WRITE\(key) \(value)"
    case .delete: "DELETE\(key)"
    case .clear: "CLEAR"
    case .expire: expiresAt == nil ? "PERSIST\(key)" : "EXPIRE\(key)"
    case .setField: "HSET\(key) \(member) \(value)"
    case .deleteField: "HDEL\(key) \(member)"
    case .addMember: "SADD\(key) \(member)"
    case .removeMember: "SREM\(key) \(member)"
    case .setScore: "ZADD\(key) \(value) \(member)"
    case .removeScored: "ZREM\(key) \(member)"
    case .setElement: "LSET\(key) \(member) \(value)"
    case .removeElement: "LREM\(key) \(member)"
    }
  }
}
