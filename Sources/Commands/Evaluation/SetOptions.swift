/// The options of SET after the key and the value.
struct SetOptions {
  enum Condition {
    case onlyNew, onlyExisting
  }

  enum Expiry {
    case none
    case keep
    case at(argument: [UInt8], unit: ExpiryUnit)
  }

  var condition: Condition?
  var returnsOld = false
  var expiry = Expiry.none

  /// Reads the options, in any order and letters of either case.
  init(_ options: ArraySlice<[UInt8]>) throws(CommandError) {
    var rest = options
    while let option = rest.popFirst() {
      if option.isWord("nx"), condition != .onlyExisting {
        condition = .onlyNew
      } else if option.isWord("xx"), condition != .onlyNew {
        condition = .onlyExisting
      } else if option.isWord("get") {
        returnsOld = true
      } else if option.isWord("keepttl") {
        if case .at = expiry { throw .syntax }
        expiry = .keep
      } else if let unit = ExpiryUnit(option: option), let argument = rest.popFirst() {
        switch expiry {
        case .keep: throw .syntax
        case .at(_, let earlier) where earlier != unit: throw .syntax
        case .none, .at: expiry = .at(argument: argument, unit: unit)
        }
      } else {
        throw .syntax
      }
    }
  }
}
