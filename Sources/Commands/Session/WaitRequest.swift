/// What a client waits for with WAIT or WAITAOF.
public struct WaitRequest: Hashable, Sendable {
  /// How many masters must have the writes on disk: 0 or 1, only of WAITAOF.
  public var local: Int64
  /// How many slaves must have them.
  public var replicas: Int64
  /// How long to wait in milliseconds; 0 means for ever.
  public var timeout: Int64

  /// Reads the arguments, of which the first is the command's name; their number must be right.
  public init(_ arguments: [[UInt8]]) throws(CommandError) {
    var numbers: [Int64] = []
    for argument in arguments.dropFirst() { numbers.append(try argument.integer()) }
    local = numbers.count > 2 ? numbers.removeFirst() : 0
    guard (0...1).contains(local) else {
      throw CommandError("ERR value is out of range, must be between 0 and 1")
    }
    (replicas, timeout) = (numbers[0], numbers[1])
    guard timeout >= 0 else { throw CommandError("ERR timeout is negative") }
  }
}
