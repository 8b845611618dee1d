/// An invariant that does not hold, and how that shows.
struct Broken: Error, Equatable, CustomStringConvertible {
  var invariant: Invariant
  var detail: String

  init(_ invariant: Invariant, _ detail: String) {
    self.invariant = invariant
    self.detail = detail
  }

  var description: String { "[\(invariant.rawValue)] \(detail)" }
}
