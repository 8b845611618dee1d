import Commands
import Replication
import Testing

/// Changes that lie over stored members, in either direction.
@Suite struct MemberChangesTests {
  private func name(_ place: Int) -> [UInt8] { Array("\(1_000 + place)".utf8) }

  @Test(arguments: [false, true])
  func `to take elements from an end leads past none that was taken before`(descending: Bool) throws {
    var stored = PlainKeyspace()
    for place in 0..<500 {
      let mutation = Mutation(operation: .setElement, key: [1], member: name(place), value: [])
      stored.apply([mutation], at: LogIndex(place + 1))
    }
    var changes = MemberChanges<[UInt8]?>(of: .list)
    for place in 500..<1_000 { changes[name(place)] = .some([2]) }
    var (reads, looks) = (0, 0)
    for taken in 0..<1_000 {
      let page = try changes.page(
        after: nil, limit: 1, descending: descending,
        element: { name, value in
          looks += 1
          return value.map { KeyMember(name: name, value: $0) }
        },
        stored: { after, limit in
          reads += 1
          return stored.members(of: [1], after: after, limit: limit, descending: descending)
        })
      #expect(page.map(\.name) == [name(descending ? 999 - taken : taken)])
      changes[page[0].name] = .some(nil)
    }
    #expect(reads <= 2_100)
    #expect(looks <= 3_100)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `pages show what is stored with the changes laid over it`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    var stored: [[UInt8]: [UInt8]] = [:]
    var pending: [(name: [UInt8], value: [UInt8]?)] = []
    var (list, set) = (MemberChanges<[UInt8]?>(of: .list), MemberChanges<[UInt8]?>(of: .set))
    for step in 0..<300 {
      // Mostly near the ends, where a list changes.
      let place = below(4) == 0 ? below(60) : below(2) == 0 ? below(6) : 54 + below(6)
      let change: [UInt8]? = below(2) == 0 ? [UInt8(step % 256)] : nil
      (list[name(place)], set[name(place)]) = (.some(change), .some(change))
      pending.append((name(place), change))
      if below(3) == 0 {
        // The oldest changes are stored now; the newest of a name stays.
        for applied in pending.prefix(below(12)) {
          pending.removeFirst()
          stored[applied.name] = applied.value
          guard !pending.contains(where: { $0.name == applied.name }) else { continue }
          (list[applied.name], set[applied.name]) = (nil, nil)
        }
      }
      var merged = stored
      for change in pending { merged[change.name] = change.value }
      for descending in [false, true] {
        let (after, limit) = (below(2) == 0 ? nil : name(below(60)), 1 + below(5))
        let expected = page(merged, after, limit, descending)
        for changes in [list, set] {
          let found = try changes.page(
            after: after, limit: limit, descending: descending,
            element: { name, value in value.map { KeyMember(name: name, value: $0) } },
            stored: { page(stored, $0, $1, descending) })
          #expect(found == expected)
        }
      }
    }
  }

  private func page(
    _ members: [[UInt8]: [UInt8]], _ after: [UInt8]?, _ limit: Int, _ descending: Bool
  ) -> [KeyMember] {
    func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
      descending ? b.lexicographicallyPrecedes(a) : a.lexicographicallyPrecedes(b)
    }
    return members.filter { member in after.map { precedes($0, member.key) } ?? true }
      .sorted { precedes($0.key, $1.key) }.prefix(limit).map { KeyMember(name: $0.key, value: $0.value) }
  }
}
