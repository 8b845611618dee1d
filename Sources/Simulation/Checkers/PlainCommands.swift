import Commands
import Replication

/// What the commands of the simulator's clients do, said a second time and as plainly as can be.
///
/// It shares nothing with their evaluation: a model that stepped by the code under test would call whatever that code
/// answers right.
enum PlainCommands {
  typealias State = KeyspaceModel.State

  /// The reply and the state after a command, or nil for one that the clients do not send.
  static func step(_ state: State, _ words: [[UInt8]]) -> (state: State, reply: Reply)? {
    let name = String(decoding: words[0], as: UTF8.self).uppercased()
    let arguments = Array(words.dropFirst())
    let options = words.dropFirst(3).map { String(decoding: $0, as: UTF8.self).uppercased() }
    guard let key = arguments.first else { return nil }
    var after = state
    let old = state.items.first { $0.key == key }
    func holds(_ key: [UInt8]) -> Bool { state.items.contains { $0.key == key } }
    func bulk(_ key: [UInt8]) -> Reply {
      state.items.first { $0.key == key }.map { .bulk($0.value) } ?? .null
    }
    func put(_ value: [UInt8], until end: Int64? = nil) { after.apply(.put(key, value, expiresAt: end)) }
    func count(_ sum: Int) -> Reply { .integer(Int64(sum)) }
    func add(_ amount: Int64) -> Reply? {
      guard let sum = Int64(old.map { String(decoding: $0.value, as: UTF8.self) } ?? "0").map({ $0 + amount })
      else { return nil }
      put(Array(String(sum).utf8), until: old?.expiresAt)
      return .integer(sum)
    }

    let reply: Reply?
    switch (name, arguments.count) {
    case ("GET", 1): reply = bulk(key)
    case ("MGET", _): reply = .array(arguments.map(bulk))
    case ("EXISTS", _): reply = count(arguments.count(where: holds))
    case ("STRLEN", 1): reply = count(old?.value.count ?? 0)
    case ("PEXPIRETIME", 1): reply = .integer(old.map { $0.expiresAt ?? -1 } ?? -2)
    case ("WRITE", 2):
      put(arguments[1])
      reply = .ok
    case ("SET", 2...):
      let end = options.firstIndex(of: "PXAT").flatMap { Int64(options[$0 + 1]) }
      let isMet = !(options.contains("NX") && old != nil) && !(options.contains("XX") && old == nil)
      if isMet { put(arguments[1], until: options.contains("KEEPTTL") ? old?.expiresAt : end) }
      reply = options.contains("GET") ? bulk(key) : isMet ? .ok : .null
    case ("SETNX", 2):
      if old == nil { put(arguments[1]) }
      reply = count(old == nil ? 1 : 0)
    case ("GETSET", 2):
      put(arguments[1])
      reply = bulk(key)
    case ("GETDEL", 1):
      after.apply(.delete(key))
      reply = bulk(key)
    case ("DEL", _):
      for key in arguments { after.apply(.delete(key)) }
      reply = count(Set(arguments).count(where: holds))
    case ("APPEND", 2):
      put((old?.value ?? []) + arguments[1], until: old?.expiresAt)
      reply = count((old?.value.count ?? 0) + arguments[1].count)
    case ("MSET", 2...), ("MSETNX", 2...):
      let pairs = stride(from: 0, to: arguments.count - 1, by: 2).map { (arguments[$0], arguments[$0 + 1]) }
      let isMet = name == "MSET" || !pairs.contains { holds($0.0) }
      if isMet { for (key, value) in pairs { after.apply(.put(key, value)) } }
      reply = name == "MSET" ? .ok : count(isMet ? 1 : 0)
    case ("INCR", 1): reply = add(1)
    case ("DECR", 1): reply = add(-1)
    case ("GETRANGE", 3):
      guard let first = Int(String(decoding: arguments[1], as: UTF8.self)) else { return nil }
      // The clients only ask for all from a place on.
      reply = .bulk(Array((old?.value ?? []).dropFirst(first)))
    case ("SETRANGE", 3):
      guard let place = Int(String(decoding: arguments[1], as: UTF8.self)) else { return nil }
      var value = old?.value ?? []
      while value.count < place + arguments[2].count { value.append(0) }
      for (offset, byte) in arguments[2].enumerated() { value[place + offset] = byte }
      put(value, until: old?.expiresAt)
      reply = count(value.count)
    case ("DECRBY", 2):
      reply = Int64(String(decoding: arguments[1], as: UTF8.self)).flatMap { add(-$0) }
    case ("INCRBY", 2): reply = Int64(String(decoding: arguments[1], as: UTF8.self)).flatMap(add)
    case ("GETEX", 3):
      if let old { put(old.value, until: Int64(String(decoding: arguments[2], as: UTF8.self))) }
      reply = bulk(key)
    case ("PEXPIREAT", 2):
      if let old { put(old.value, until: Int64(String(decoding: arguments[1], as: UTF8.self))) }
      reply = count(old == nil ? 0 : 1)
    case ("PERSIST", 1):
      if let old { put(old.value) }
      reply = count(old?.expiresAt == nil ? 0 : 1)
    default: reply = nil
    }
    return reply.map { (after, $0) }
  }
}
