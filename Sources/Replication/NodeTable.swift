/// Values of a few nodes, in the order of their ids.
///
/// A cluster has so few nodes that a walk over sorted ids beats hashing, and unlike a dictionary's the order is the
/// same in every run.
struct NodeTable<Value> {
  private(set) var ids: [NodeID] = []
  /// One for each id; nil only while it is lent out for a change in place.
  private var slots: [Value?] = []

  init() {}

  var values: some Sequence<Value> { slots.lazy.compactMap { $0 } }

  subscript(id: NodeID) -> Value? {
    get {
      let place = place(of: id)
      return holds(id, at: place) ? slots[place] : nil
    }
    _modify {
      let place = place(of: id)
      var value: Value?
      let known = holds(id, at: place)
      if known { swap(&value, &slots[place]) }
      defer {
        if value == nil {
          if known {
            ids.remove(at: place)
            slots.remove(at: place)
          }
        } else if known {
          swap(&value, &slots[place])
        } else {
          ids.insert(id, at: place)
          slots.insert(value, at: place)
        }
      }
      yield &value
    }
  }

  private func place(of id: NodeID) -> Int {
    var place = 0
    while place < ids.count, ids[place] < id { place += 1 }
    return place
  }

  private func holds(_ id: NodeID, at place: Int) -> Bool { place < ids.count && ids[place] == id }
}

extension NodeTable: Sendable where Value: Sendable {}
