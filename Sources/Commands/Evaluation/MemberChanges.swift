import DequeModule
import Replication

/// What has changed about the members of one key, to be laid over those that are stored.
public struct MemberChanges<Change> {
  /// The changes by the names of the members.
  public private(set) var byName: [[UInt8]: Change] = [:]
  /// The names in the order of their bytes, of a list alone: each push asks for an end of it, and to sort all changes
  /// for that would cost more with each push that is not applied yet.
  private var order: Deque<[UInt8]>?
  private let ends: Ends?

  /// Beyond which names there is no member, as far as it has been seen: who takes elements from an end one by one would
  /// else walk past all those that were taken before and are not applied yet.
  private final class Ends {
    var head: [UInt8]?
    var tail: [UInt8]?
  }

  /// No changes yet, of a key that holds this.
  public init(of type: ValueType) {
    order = type == .list ? [] : nil
    ends = type == .list ? Ends() : nil
  }

  /// Whether nothing has changed.
  public var isEmpty: Bool { byName.isEmpty }

  /// The change of one member; nil if it has not changed.
  public subscript(name: [UInt8]) -> Change? {
    get { byName[name] }
    set {
      let wasThere: Bool
      if let newValue {
        wasThere = byName.updateValue(newValue, forKey: name) != nil
      } else {
        wasThere = byName.removeValue(forKey: name) != nil
      }
      if newValue != nil { moveEnds(toHave: name) }
      guard order != nil, wasThere != (newValue != nil) else { return }
      let place = place(of: name)
      if wasThere { order?.remove(at: place) } else { order?.insert(name, at: place) }
    }
  }

  /// Up to `limit` members after a name, or before it if `descending`; from that end on if it is nil.
  ///
  /// - Parameters:
  ///   - element: The member that a change leaves; nil if it takes the member away.
  ///   - stored: Hands out pages of what is stored, in the same direction.
  public func page(
    after name: [UInt8]?, limit: Int, descending: Bool, element: (_ name: [UInt8], Change) -> KeyMember?,
    stored: (_ after: [UInt8]?, _ limit: Int) throws -> [KeyMember]
  ) throws -> [KeyMember] {
    let page = descending ? MergedPage.membersDescending : MergedPage.members
    return try withoutActuallyEscaping(element) { element in
      func change(_ name: [UInt8]) -> MergedPage<KeyMember>.Change {
        (name: name, element: byName[name].flatMap { element(name, $0) })
      }
      guard let order, let ends else {
        return try page.elements(
          after: name, limit: limit, changes: byName.keys.lazy.map(change), stored: stored)
      }
      let start = name ?? (descending ? ends.tail : ends.head)
      let found: [KeyMember]
      if descending {
        let places = 0..<(start.map(place) ?? order.count)
        found = try page.elements(
          after: start, limit: limit, sorted: places.reversed().lazy.map { change(order[$0]) }, stored: stored
        )
      } else {
        var first = start.map(place) ?? 0
        if first < order.count, order[first] == start { first += 1 }
        found = try page.elements(
          after: start, limit: limit, sorted: (first..<order.count).lazy.map { change(order[$0]) },
          stored: stored)
      }
      if name == nil, let outermost = found.first?.name {
        if descending {
          ends.tail = self.name(after: outermost)
        } else {
          ends.head = self.name(before: outermost)
        }
      }
      return found
    }
  }

  /// A member of this name may be there from now on, and nothing beyond it is if it lies beyond an end.
  private func moveEnds(toHave name: [UInt8]) {
    guard let ends else { return }
    if let head = ends.head, !head.lexicographicallyPrecedes(name) { ends.head = self.name(before: name) }
    if let tail = ends.tail, !name.lexicographicallyPrecedes(tail) { ends.tail = self.name(after: name) }
  }

  /// The changed name before another one. If nothing before that one is there, nothing of what is stored lies between.
  private func name(before name: [UInt8]) -> [UInt8]? {
    guard let order else { return nil }
    let place = place(of: name)
    return place > 0 ? order[place - 1] : nil
  }

  private func name(after name: [UInt8]) -> [UInt8]? {
    guard let order else { return nil }
    var place = place(of: name)
    if place < order.count, order[place] == name { place += 1 }
    return place < order.count ? order[place] : nil
  }

  /// Where a name stands in the order, or would stand.
  private func place(of name: [UInt8]) -> Int {
    guard let order else { return 0 }
    // Often it is the end.
    if order.last?.lexicographicallyPrecedes(name) ?? true { return order.count }
    var (low, high) = (0, order.count)
    while low < high {
      let middle = low + (high - low) / 2
      if order[middle].lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
