/// What the clients did and saw, one list of operations a key.
struct History {
  private struct Register {
    var operations: [RegisterOperation<UInt64>] = []
    /// Operations that certainly never happened.
    var void: Set<Int> = []
  }

  private var registers: [[UInt8]: Register] = [:]
  /// The keys in order of first use; a dictionary's own order would differ from run to run.
  private var keys: [[UInt8]] = []
  /// One clock for all clients, which ticks at each call and return.
  private var moment: Int64 = 0

  func count(of key: [UInt8]) -> Int { registers[key]?.operations.count ?? 0 }

  mutating func begin(_ action: RegisterOperation<UInt64>.Action, on key: [UInt8]) -> Int {
    moment += 1
    if registers[key] == nil { keys.append(key) }
    registers[key, default: Register()].operations.append(
      RegisterOperation(action: action, invoked: moment, outcome: .unknown))
    return count(of: key) - 1
  }

  mutating func end(_ operation: Int, on key: [UInt8], seen: UInt64?) {
    moment += 1
    registers[key]?.operations[operation].outcome = .done(seen: seen)
    registers[key]?.operations[operation].returned = moment
  }

  mutating func void(_ operation: Int, on key: [UInt8]) {
    registers[key]?.void.insert(operation)
  }

  /// Whether the newest operation on a key was answered.
  func succeeded(lastOn key: [UInt8]) -> Bool {
    registers[key]?.operations.last.map { $0.outcome != .unknown } ?? false
  }

  /// Checks each key; returns what is wrong with the first bad one, or nil.
  func check() -> String? {
    for key in keys {
      guard let register = registers[key] else { continue }
      let operations = register.operations.enumerated().filter { !register.void.contains($0.offset) }
        .map(\.element)
      guard LinearizabilityChecker.isLinearizable(operations) else {
        let lines = operations.map { operation in
          let end = operation.outcome == .unknown ? "?" : String(operation.returned)
          return "  \(operation.invoked)...\(end) \(operation.action) \(operation.outcome)"
        }
        return "the history of \(RegisterCoding.text(key)) is not linearizable:\n"
          + lines.joined(separator: "\n")
      }
    }
    return nil
  }
}
