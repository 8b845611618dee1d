import Replication

/// What SCAN and its kin are asked for.
struct ScanOptions {
  /// A scan is done in one go, and the node must not be late for a heartbeat.
  private static let countLimit = 10_000

  let cursor: UInt64
  private(set) var count = 10
  private(set) var showsValues = true
  private var pattern: GlobPattern?
  private var type: [UInt8]?

  /// Reads the cursor and the options after it, in any order and letters of either case.
  init(
    _ cursor: [UInt8], _ options: ArraySlice<[UInt8]>, takesType: Bool = false, takesNoValues: Bool = false
  ) throws(CommandError) {
    guard let number = UInt64(cursor.lossyText), cursor.first != UInt8(ascii: "+") else {
      throw CommandError("ERR invalid cursor")
    }
    self.cursor = number
    var rest = options
    while let option = rest.popFirst() {
      if option.isWord("match"), let argument = rest.popFirst() {
        pattern = argument == [UInt8(ascii: "*")] ? nil : GlobPattern(argument)
      } else if option.isWord("count"), let argument = rest.popFirst() {
        let wanted = try argument.integer()
        guard wanted >= 1 else { throw .syntax }
        count = Int(min(wanted, Int64(Self.countLimit)))
      } else if takesType, option.isWord("type"), let argument = rest.popFirst() {
        type = argument.map(\.lowercased)
      } else if takesNoValues, option.isWord("novalues") {
        showsValues = false
      } else {
        throw .syntax
      }
    }
  }

  func includes(_ name: [UInt8]) -> Bool { pattern?.matches(name) ?? true }

  func includes(_ type: ValueType) -> Bool { self.type.map { $0.elementsEqual(type.rawValue.utf8) } ?? true }

  /// The next cursor, 0 at the end, and what was found.
  func reply(at cursor: UInt64?, _ found: [Reply]) -> Reply {
    .array([.text("\(cursor ?? 0)"), .array(found)])
  }
}
