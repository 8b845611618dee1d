/// How often each of a few kinds of things happened.
public struct Tally<Kind: CaseIterable & Hashable & Sendable>: Hashable, Sendable {
  private var counts = [Int](repeating: 0, count: Kind.allCases.count)

  /// Nothing has happened yet.
  public init() {}

  /// How often one kind happened.
  public subscript(kind: Kind) -> Int {
    get { counts[Self.place(of: kind)] }
    set { counts[Self.place(of: kind)] = newValue }
  }

  /// All kinds in the order of their declaration, each with its count.
  public var all: [(kind: Kind, count: Int)] { Kind.allCases.map { ($0, self[$0]) } }

  /// Adds the counts of another tally.
  public static func += (a: inout Tally, b: Tally) {
    for place in a.counts.indices { a.counts[place] += b.counts[place] }
  }

  private static func place(of kind: Kind) -> Int {
    var place = 0
    for candidate in Kind.allCases {
      if candidate == kind { return place }
      place += 1
    }
    preconditionFailure("a kind that is not among its cases")
  }
}
