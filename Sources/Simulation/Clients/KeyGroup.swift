/// A few keys that one part of a history is about. A group is left after so many operations, so that checking its
/// history stays fast.
struct KeyGroup {
  enum Kind: CaseIterable {
    /// Strings that are set, appended to, swapped and deleted, also two at a time.
    case strings
    case counter
    /// Strings with an end.
    case expiring
  }

  static let operationLimit = 30

  let kind: Kind
  let keys: [[UInt8]]
  var operations = 0

  init(_ kind: Kind, number: Int) {
    self.kind = kind
    let names =
      switch kind {
      case .strings: ["a\(number)", "b\(number)"]
      case .counter: ["n\(number)"]
      case .expiring: ["e\(number)"]
      }
    keys = names.map { Array($0.utf8) }
  }
}
