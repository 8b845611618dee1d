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
      var rest = changes.filter { change in
        (after.map { precedes($0, change.name) } ?? true)
          && !(horizon.map { precedes($0, change.name) } ?? false)
      }[...]
      rest.sort { precedes($0.name, $1.name) }
      for element in page {
        let current = name(element)
        while let change = rest.first, precedes(change.name, current) { take(&rest, into: &merged) }
        if rest.first?.name == current { take(&rest, into: &merged) } else { merged.append(element) }
      }
      while !rest.isEmpty { take(&rest, into: &merged) }
      guard let horizon else { break }
      after = horizon
    }
    return merged.count > limit ? Array(merged.prefix(limit)) : merged
  }

  private func take(_ rest: inout ArraySlice<Change>, into merged: inout [Element]) {
    if let element = rest.removeFirst().element { merged.append(element) }
  }
}

extension MergedPage<KeyMember> {
  /// Merges members, which are in the order of their names' bytes.
  public static var members: MergedPage {
    MergedPage(name: \.name) { $0.lexicographicallyPrecedes($1) }
  }
}

extension MergedPage<ScannedKey> {
  /// Merges keys.
  public static func keys(precedes: @escaping ([UInt8], [UInt8]) -> Bool) -> MergedPage {
    MergedPage(name: \.key, precedes: precedes)
  }
}
