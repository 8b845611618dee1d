/// One surface on which bytes from outside arrive, with what must hold whatever they are.
///
/// A run ends in one of three ways: it returns, which is right; it throws a `Violation`, because something untrue was
/// taken for true; or the process ends, which is the crash that a fuzzer looks for.
public struct FuzzTarget: Sendable {
  /// The name by which it is run.
  public let name: String
  /// What it feeds, for people.
  public let summary: String
  /// Small inputs that reach deep, from which others are made.
  public let corpus: @Sendable () throws -> [[UInt8]]
  /// Runs one input.
  public let run: @Sendable ([UInt8]) throws -> Void

  /// Every target.
  public static let all: [FuzzTarget] = [
    .requests, .replies, .introductions, .frames, .protocolCore, .logFile, .replicaFile,
  ]

  /// The target of a name.
  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What an input showed to be wrong.
public struct Violation: Error, CustomStringConvertible {
  /// A sentence.
  public let description: String

  /// Tells what is wrong.
  public init(_ description: String) { self.description = description }
}

/// Throws a `Violation` unless a condition holds.
func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws {
  if !condition { throw Violation(otherwise()) }
}
