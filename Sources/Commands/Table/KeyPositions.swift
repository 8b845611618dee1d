/// Which arguments of a command are keys, and what it does with them.
public struct KeyPositions: Hashable, Sendable {
  /// The position of the first key; the command's name is at 0.
  public var first: Int
  /// The position of the last key; a negative one counts from the end, -1 being the last argument.
  public var last: Int
  /// How far one key is from the next.
  public var step: Int
  /// What the command does with them, in the words of Redis' key specifications.
  public var flags: [String]

  /// Where the number of the keys stands, if it does; the keys follow it.
  public var count: Int?

  /// The keys follow their number.
  public static func counted(at position: Int, _ flags: String...) -> KeyPositions {
    KeyPositions(first: position + 1, last: -1, step: 1, flags: flags, count: position)
  }

  /// The first argument is the only key.
  public static func first(_ flags: String...) -> KeyPositions {
    KeyPositions(first: 1, last: 1, step: 1, flags: flags)
  }

  /// The first two arguments are keys.
  public static func pair(_ flags: String...) -> KeyPositions {
    KeyPositions(first: 1, last: 2, step: 1, flags: flags)
  }

  /// All arguments are keys.
  public static func all(_ flags: String...) -> KeyPositions {
    KeyPositions(first: 1, last: -1, step: 1, flags: flags)
  }

  /// The arguments are keys and values in turn.
  public static func pairs(_ flags: String...) -> KeyPositions {
    KeyPositions(first: 1, last: -1, step: 2, flags: flags)
  }

  /// The keys among these arguments, of which the first is the command's name.
  public func keys(in arguments: [[UInt8]]) -> [[UInt8]] {
    var end = last < 0 ? arguments.count + last : last
    if let count {
      let number = count < arguments.count ? arguments[count].parsedInteger ?? 0 : 0
      end = first + Int(clamping: max(0, min(number, Int64(arguments.count)))) - 1
    }
    guard first <= end else { return [] }
    return stride(from: first, through: min(end, arguments.count - 1), by: step).map { arguments[$0] }
  }
}
