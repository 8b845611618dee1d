/// A page of what is stored in an order of names, with changes laid over it.
public struct MergedPage<Element> {
  /// A name whose element changes; nil hides what is stored under it.
  public typealias Change = (name: [UInt8], element: Element?)

  private let name: (Element) -> [UInt8]
  private let precedes: ([UInt8], [UInt8]) -> Bool

  /// Merges in the order of `precedes`; `name` tells an element's name.
  public init(name: @escaping (Element) -> [UInt8], precedes: @escaping ([UInt8], [UInt8]) -> Bool) {
    self.name = name
    self.precedes = precedes
  }

  /// Up to `limit` elements after a name; fewer only at the end. `stored` hands out pages of what is stored.
  public func elements(
    after start: [UInt8]?, limit: Int, changes: some Sequence<Change>,
    stored: (_ after: [UInt8]?, _ limit: Int) throws -> [Element]
  ) throws -> [Element] {
    var merged: [Element] = []
    var after = start
    while merged.count < limit {
      let wanted = limit - merged.count
      let page = try stored(after, wanted)
      // There may be many more changes than are wanted: only those beside this page are put in order.
      let horizon = page.count == wanted ? page.last.map(name) : nil
      var beside = changes.filter { change in
        (after.map { precedes($0, change.name) } ?? true)
          && !(horizon.map { precedes($0, change.name) } ?? false)
      }
      beside.sort { precedes($0.name, $1.name) }
      merged += try elements(after: after, limit: wanted, sorted: beside) { start, _ in
        start == after ? page : []
      }
      guard let horizon else { break }
      after = horizon
    }
    return merged
  }

  /// As above, for changes that are all after the name and in the order; no more of them are looked at than the page
  /// needs.
  public func elements(
    after start: [UInt8]?, limit: Int, sorted changes: some Sequence<Change>,
    stored: (_ after: [UInt8]?, _ limit: Int) throws -> [Element]
  ) throws -> [Element] {
    var rest = changes.makeIterator()
    var next = rest.next()
    var merged: [Element] = []
    var after = start
    while merged.count < limit {
      let wanted = limit - merged.count
      let page = try stored(after, wanted)
      for element in page {
        let current = name(element)
        while merged.count < limit, let change = next, precedes(change.name, current) {
          if let element = change.element { merged.append(element) }
          next = rest.next()
        }
        guard merged.count < limit else { break }
        if let change = next, change.name == current {
          if let element = change.element { merged.append(element) }
          next = rest.next()
        } else {
          merged.append(element)
        }
      }
      guard page.count == wanted, let last = page.last else {
        while merged.count < limit, let change = next {
          if let element = change.element { merged.append(element) }
          next = rest.next()
        }
        break
      }
      after = name(last)
    }
    return merged.count > limit ? Array(merged.prefix(limit)) : merged
  }
}

extension MergedPage<KeyMember> {
  /// Merges members in the order of their names' bytes.
  public static var members: MergedPage {
    MergedPage(name: \.name) { $0.lexicographicallyPrecedes($1) }
  }

  /// Merges members from the last name to the first.
  public static var membersDescending: MergedPage {
    MergedPage(name: \.name) { $1.lexicographicallyPrecedes($0) }
  }
}

extension MergedPage<ScannedKey> {
  /// Merges keys.
  public static func keys(precedes: @escaping ([UInt8], [UInt8]) -> Bool) -> MergedPage {
    MergedPage(name: \.key, precedes: precedes)
  }
}
