/// When EXPIRE and its kin change the end of a key.
struct ExpireCondition {
  private var onlyWithout = false
  private var onlyWith = false
  private var onlyLater = false
  private var onlySooner = false

  /// Reads the options, in any order and letters of either case.
  init(_ options: ArraySlice<[UInt8]>) throws(CommandError) {
    for option in options {
      if option.isWord("nx") {
        onlyWithout = true
      } else if option.isWord("xx") {
        onlyWith = true
      } else if option.isWord("gt") {
        onlyLater = true
      } else if option.isWord("lt") {
        onlySooner = true
      } else {
        throw CommandError("ERR Unsupported option \(option.lossyText)")
      }
    }
    if onlyWithout, onlyWith || onlyLater || onlySooner {
      throw CommandError("ERR NX and XX, GT or LT options at the same time are not compatible")
    }
    if onlyLater, onlySooner {
      throw CommandError("ERR GT and LT options at the same time are not compatible")
    }
  }

  /// Whether the end may become `moment`; a key without an end counts as one that ends after every moment.
  func allows(_ moment: Int64, over current: Int64?) -> Bool {
    guard let current else { return !onlyWith && !onlyLater }
    return !onlyWithout && (!onlyLater || moment > current) && (!onlySooner || moment < current)
  }
}
