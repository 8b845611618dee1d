import Replication

// What the commands on lists have in common.

extension Evaluation {
  /// What a key holds, if that is a list.
  mutating func list(_ key: [UInt8]) throws -> StoredValue? { try container(.list, key) }

  /// How many elements a list has; 0 if there is no such key.
  mutating func length(of key: [UInt8]) throws -> Int { try list(key)?.memberCount ?? 0 }

  // MARK: Reading

  /// `count` elements of a list that has `length`, from an index on, in order. They are read from the nearer end.
  func elements(of key: [UInt8], from start: Int, count: Int, length: Int) throws -> [KeyMember] {
    let isNearTail = length - start < start + count
    var skipped = isNearTail ? length - start - count : start
    var last: [UInt8]?
    while skipped > 0 {
      let page = try members(
        of: key, after: last, limit: min(skipped, Self.pageSize), descending: isNearTail)
      guard let end = page.last else { return [] }
      skipped -= page.count
      last = end.name
    }
    let found = try members(of: key, after: last, limit: count, descending: isNearTail)
    return isNearTail ? found.reversed() : found
  }

  /// Hands out the elements of a list one by one from an end on, until `body` returns false.
  func forEachElement(
    of key: [UInt8], from end: ListEnd, _ body: (KeyMember) throws -> Bool
  ) throws {
    var last: [UInt8]?
    while true {
      let page = try members(of: key, after: last, limit: Self.pageSize, descending: end == .tail)
      for element in page { guard try body(element) else { return } }
      guard page.count == Self.pageSize else { return }
      last = page.last?.name
    }
  }

  private static var pageSize: Int { 256 }

  // MARK: Changing

  /// Pushes values at an end of a list, each outside the one before it.
  mutating func push(_ values: some Collection<[UInt8]>, at end: ListEnd, of key: [UInt8]) throws {
    try place(values, at: end, of: key)
    notify(.list, end.pushEvent, key)
  }

  /// As above, whatever clients are told of it; the end is read once.
  mutating func place(_ values: some Collection<[UInt8]>, at end: ListEnd, of key: [UInt8]) throws {
    var place: UInt64?
    if try list(key) != nil {
      let outermost = try members(of: key, limit: 1, descending: end == .tail).first
      place = try outermost.map { try ListPosition.place(of: $0.name) }
    }
    for value in values {
      let next = try place.map { try ListPosition.next(to: $0, at: end) } ?? ListPosition.middle
      try setMember(ListPosition.name(of: next), value, of: key, by: .setElement, isNew: true)
      place = next
    }
  }

  /// Takes up to `count` elements from an end of a list that exists; the outermost comes first.
  mutating func pop(_ count: Int, from end: ListEnd, of key: [UInt8]) throws -> [[UInt8]] {
    let taken = try members(of: key, limit: count, descending: end == .tail)
    guard !taken.isEmpty else { return [] }
    try remove(taken, of: key, event: end.popEvent)
    return taken.map(\.value)
  }

  /// Takes elements that are there from a list.
  mutating func remove(_ elements: some Collection<KeyMember>, of key: [UInt8], event: String) throws {
    if try elements.count == length(of: key) {
      delete(key)
    } else {
      for element in elements {
        try removeMember(element.name, of: key, by: .removeElement, isThere: true)
      }
    }
    notify(.list, event, key)
    if try live(key) == nil { notify(.generic, "del", key) }
  }

  /// Puts a value between two neighbours of a list.
  mutating func insert(_ value: [UInt8], between low: [UInt8], and high: [UInt8], of key: [UInt8]) throws {
    let name = try ListPosition.between(low, high)
    if name.count > ListPosition.longest, try spread(value, after: low, of: key) { return }
    try setMember(name, value, of: key, by: .setElement, isNew: true)
  }

  /// Gives the elements between two places new names, which are short, with a value among them after the name `low`.
  /// False if they are too many to do so at once.
  private mutating func spread(_ value: [UInt8], after low: [UInt8], of key: [UInt8]) throws -> Bool {
    let place = try ListPosition.place(of: low)
    let start = ListPosition.name(of: place)
    var crowd: [KeyMember] = []
    while true {
      let page = try members(of: key, after: crowd.last?.name ?? start, limit: Self.pageSize)
        .prefix { $0.name.starts(with: start) }
      crowd += page
      guard page.count == Self.pageSize else { break }
    }
    guard crowd.count <= Self.spreadLimit else { return false }
    let names = Set(crowd.map(\.name))
    var values = crowd.map(\.value)
    values.insert(value, at: crowd.count { !low.lexicographicallyPrecedes($0.name) })
    let newNames = ListPosition.spread(values.count, after: place)
    for (name, value) in zip(newNames, values) {
      try setMember(name, value, of: key, by: .setElement, isNew: !names.contains(name))
    }
    for name in names.subtracting(newNames) {
      try removeMember(name, of: key, by: .removeElement, isThere: true)
    }
    return true
  }

  /// It is done in one go, and the node must not be late for a heartbeat.
  private static var spreadLimit: Int { 100_000 }
}
