import NIOCore
import RESP
import Replication

/// Writes the Redis commands that do what mutations do.
struct CommandWriter {
  private var lists = ListPositions()
  private let listsAreKnown: Bool
  /// How many changes of lists could not be written, since it is not known what their lists hold.
  private(set) var leftOut: UInt64 = 0

  /// - Parameter listsAreKnown: Whether all mutations of a list will be written, from its first one on. Commands say
  ///   where in a list something happens, and that depends on what it holds.
  init(listsAreKnown: Bool) { self.listsAreKnown = listsAreKnown }

  /// Writes what one entry did, as one transaction; returns how many of its mutations were written.
  @discardableResult
  mutating func write(_ mutations: [Mutation], to buffer: inout ByteBuffer) -> Int {
    var commands: [[[UInt8]]] = []
    var written = 0
    for mutation in mutations {
      guard mutation.operation.container != .list || listsAreKnown else {
        leftOut += 1
        continue
      }
      written += 1
      commands += self.commands(for: mutation)
    }
    if commands.count > 1 { buffer.writeRESPRequest(["MULTI"]) }
    for command in commands { buffer.writeRESPRequest(command) }
    if commands.count > 1 { buffer.writeRESPRequest(["EXEC"]) }
    return written
  }

  /// Forgets all lists: what is written from here on is of others.
  mutating func forgetLists() { lists = ListPositions() }

  private mutating func commands(for mutation: Mutation) -> [[[UInt8]]] {
    let (key, member, value) = (mutation.key, mutation.member, mutation.value)
    func command(_ words: [UInt8]...) -> [[[UInt8]]] { [words] }
    func word(_ text: String) -> [UInt8] { Array(text.utf8) }
    let end = mutation.expiresAt.map { word("\($0)") }
    if mutation.operation.container != .list { lists.forget(mutation) }
    switch mutation.operation {
    case .put:
      return [[word("SET"), key, value] + (end.map { [word("PXAT"), $0] } ?? [])]
    case .delete: return command(word("DEL"), key)
    case .clear: return command(word("FLUSHALL"))
    case .expire: return end.map { command(word("PEXPIREAT"), key, $0) } ?? command(word("PERSIST"), key)
    case .setField: return command(word("HSET"), key, member, value)
    case .deleteField: return command(word("HDEL"), key, member)
    case .addMember: return command(word("SADD"), key, member)
    case .removeMember: return command(word("SREM"), key, member)
    case .setScore: return command(word("ZADD"), key, value, member)
    case .removeScored: return command(word("ZREM"), key, member)
    case .setElement: return lists.set(key, member, value)
    case .removeElement: return lists.remove(key, member)
    }
  }
}

/// The positions of the elements of lists, with which the place of each is known.
private struct ListPositions {
  private var positions: [[UInt8]: [[UInt8]]] = [:]

  /// Notes that the mutation leaves no list under its key, if it does.
  mutating func forget(_ mutation: Mutation) {
    switch mutation.operation {
    case .clear: positions = [:]
    case .expire: break
    case let operation where operation.isRemoval: break
    default: positions[mutation.key] = nil
    }
  }

  /// The commands that set an element.
  mutating func set(_ key: [UInt8], _ position: [UInt8], _ value: [UInt8]) -> [[[UInt8]]] {
    let (place, count, isThere) = find(key, position)
    if isThere { return [words("LSET", key, Array("\(place)".utf8), value)] }
    positions[key, default: []].insert(position, at: place)
    let fromEnd = count - place
    if fromEnd <= place {
      return turn(key, "RIGHT", "LEFT", fromEnd) + [words("RPUSH", key, value)]
        + turn(key, "LEFT", "RIGHT", fromEnd)
    }
    return turn(key, "LEFT", "RIGHT", place) + [words("LPUSH", key, value)]
      + turn(key, "RIGHT", "LEFT", place)
  }

  /// The commands that remove an element.
  mutating func remove(_ key: [UInt8], _ position: [UInt8]) -> [[[UInt8]]] {
    let (place, count, isThere) = find(key, position)
    guard isThere else { return [] }
    positions[key]?.remove(at: place)
    if count == 1 { positions[key] = nil }
    let fromEnd = count - 1 - place
    if fromEnd <= place {
      return turn(key, "RIGHT", "LEFT", fromEnd) + [words("RPOP", key)] + turn(key, "LEFT", "RIGHT", fromEnd)
    }
    return turn(key, "LEFT", "RIGHT", place) + [words("LPOP", key)] + turn(key, "RIGHT", "LEFT", place)
  }

  /// The place of a position, whether anything is there or not.
  private func find(_ key: [UInt8], _ position: [UInt8]) -> (place: Int, count: Int, isThere: Bool) {
    guard let all = positions[key] else { return (0, 0, false) }
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].lexicographicallyPrecedes(position) { low = middle + 1 } else { high = middle }
    }
    return (low, all.count, low < all.count && all[low] == position)
  }

  /// No command changes the middle of a list by its place, so that the list is turned there and back.
  private func turn(_ key: [UInt8], _ from: String, _ to: String, _ times: Int) -> [[[UInt8]]] {
    Array(repeating: words("LMOVE", key, key, Array(from.utf8), Array(to.utf8)), count: times)
  }

  private func words(_ name: String, _ arguments: [UInt8]...) -> [[UInt8]] { [Array(name.utf8)] + arguments }
}
