/// What an error answer means for the command that got it.
enum Refusal: Equatable {
  /// A standby master answered: nothing was done, the active one is elsewhere.
  case readOnly(active: Endpoint?)
  /// The active master has no quorum: nothing was done.
  case noQuorum(String)
  /// The write was appended and may or may not be committed.
  case inDoubt(epoch: String?, index: UInt64?, String)
  /// The command itself was refused.
  case server(String)

  /// Reads an error line, whose first word is its code.
  init(_ line: String) {
    switch line.prefix(while: { $0 != " " }) {
    case "READONLY":
      self = .readOnly(active: Refusal.field("active", in: line).flatMap { try? Endpoint($0) })
    case "NOREPLICAS", "CLUSTERDOWN":
      self = .noQuorum(line)
    case "INDOUBT":
      self = .inDoubt(
        epoch: Refusal.field("epoch", in: line),
        index: Refusal.field("index", in: line).flatMap { UInt64($0) },
        line)
    default:
      self = .server(line)
    }
  }

  /// The error for the caller of a command.
  var error: KvorumError {
    switch self {
    case .readOnly(let active):
      .noActiveMaster(message: "The master is a standby\(active.map { "; \($0) is active" } ?? "").")
    case .noQuorum(let line): .noQuorum(message: line)
    case .inDoubt(let epoch, let index, let line): .inDoubt(epoch: epoch, index: index, message: line)
    case .server(let line): .server(message: line)
    }
  }

  private static func field(_ name: String, in line: String) -> String? {
    let word = line.split(separator: " ").first { $0.hasPrefix(name + "=") }
    return word.map { String($0.dropFirst(name.utf8.count + 1)) }
  }
}
