/// The conversation at the prompt: which question comes next and what an answer asks for.
struct PromptSession {
  /// What is to be run.
  enum Operation: Equatable {
    case read(key: [UInt8])
    case write(key: [UInt8], value: [UInt8])
    case command([[UInt8]])
  }

  /// What follows from a line.
  enum Step: Equatable {
    /// Ask the next question.
    case goOn
    case say(String)
    case run(Operation)
    case leave
  }

  private enum Awaited {
    case operation
    case keyToRead
    case keyToWrite
    case value(key: [UInt8])
  }

  private var awaited = Awaited.operation

  /// Whether the next question is the first of an operation, which names the serving master's role.
  var isAtOperation: Bool {
    if case .operation = awaited { return true }
    return false
  }

  /// The next question; `role` is that of the master that serves now, nil if none does.
  func question(role: String?) -> String {
    switch awaited {
    case .operation:
      "[\(role?.uppercased() ?? "NO MASTER")] "
        + "Enter the Operation you would like to perform (READ/WRITE/EXIT): "
    case .keyToRead, .keyToWrite: "Enter the key you want to perform the operation on: "
    case .value: "Enter the value corresponding to the key: "
    }
  }

  /// Takes the answer to the question; nil when the input has ended.
  mutating func answer(_ line: [UInt8]?) -> Step {
    guard let line else { return .leave }
    switch awaited {
    case .operation: return operation(line)
    case .keyToRead:
      awaited = .operation
      return key(line).map { .run(.read(key: $0)) } ?? .say("No key was given.")
    case .keyToWrite:
      awaited = .operation
      guard let key = key(line) else { return .say("No key was given.") }
      awaited = .value(key: key)
      return .goOn
    case .value(let key):
      awaited = .operation
      return .run(.write(key: key, value: TypedLine.bare(line)))
    }
  }

  private mutating func operation(_ line: [UInt8]) -> Step {
    switch TypedLine(line) {
    case .empty: return .goOn
    case .exit: return .leave
    case .malformed(let sentence): return .say(sentence)
    case .command(let arguments): return .run(.command(arguments))
    case .read(let key?): return .run(.read(key: key))
    case .write(let key?, let value?): return .run(.write(key: key, value: value))
    case .read: awaited = .keyToRead
    case .write(let key?, nil): awaited = .value(key: key)
    case .write(nil, _): awaited = .keyToWrite
    }
    return .goOn
  }

  private func key(_ line: [UInt8]) -> [UInt8]? {
    let text = TypedLine.trimmed(line)
    return text.isEmpty ? nil : TypedLine.bare(text)
  }
}
