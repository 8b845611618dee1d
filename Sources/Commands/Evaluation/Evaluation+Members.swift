import Replication

// What the commands on hashes, sets and their like have in common.

extension Evaluation {
  /// Takes members from the command's key, which is live, and tells how many were there.
  mutating func remove(
    _ names: some Sequence<[UInt8]>, by operation: Mutation.Operation,
    event: (kind: KeyEvent.Kind, name: String)
  ) throws -> Int64 {
    var removed: Int64 = 0
    for name in names where try removeMember(name, of: key, by: operation) { removed += 1 }
    guard removed > 0 else { return 0 }
    notify(event.kind, event.name, key)
    if try live(key) == nil { notify(.generic, "del", key) }
    return removed
  }

  /// A step of a scan over the members of the command's key, which is live.
  mutating func scan(_ options: ScanOptions, _ show: (KeyMember) -> [Reply]) throws -> Reply {
    let page = try members(of: key, after: cursors.position(options.cursor), limit: options.count)
    let next = page.count < options.count ? nil : page.last.map { cursors.cursor(at: $0.name, in: key) }
    return options.reply(at: next, page.filter { options.includes($0.name) }.flatMap(show))
  }

  /// Members of a key that is live, drawn at random: with a positive count different ones, at most all; with a negative
  /// one as many, each drawn from all.
  mutating func randomMembers(of key: [UInt8], count: Int64) throws -> [KeyMember] {
    let total = try live(key)?.memberCount ?? 0
    guard total > 0, count != 0 else { return [] }
    var numbers = SplitMix64(seed: context.random)
    let changes = changes(of: key)
    let stored = try changes.hidesView ? 0 : view.placeCount(of: key)
    func draw() throws -> KeyMember {
      try anyMember(of: key, changes: changes.members, stored: stored, &numbers)
    }
    if count < 0 {
      guard -(count + 1) < Self.drawLimit else {
        throw CommandError("ERR value is out of range, must be at least -\(Self.drawLimit)")
      }
      return try (0..<Int(-count)).map { _ in try draw() }
    }
    let wanted = Int(min(count, Int64(total)))
    if wanted == total { return try members(of: key) }
    if wanted * 3 >= total {
      var all = try members(of: key)
      all.shuffle(using: &numbers)
      return Array(all.prefix(wanted))
    }
    var drawn: [[UInt8]: KeyMember] = [:]
    while drawn.count < wanted {
      let member = try draw()
      drawn[member.name] = member
    }
    return drawn.values.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// An answer is made in one go, and the node must not be late for a heartbeat.
  private static var drawLimit: Int64 { 100_000 }

  private func anyMember(
    of key: [UInt8], changes: [[UInt8]: [UInt8]?], stored: Int, _ numbers: inout SplitMix64
  ) throws -> KeyMember {
    // Each member has one chance, as a change or in the view: what is drawn there but changed here is drawn again.
    while true {
      let place = Int(numbers.next() % UInt64(max(1, stored + changes.count)))
      if place >= stored {
        let change = changes[changes.index(changes.startIndex, offsetBy: place - stored)]
        if let value = change.value { return KeyMember(name: change.key, value: value) }
      } else if let member = try view.member(at: place, of: key), changes[member.name] == nil {
        return member
      }
    }
  }
}
