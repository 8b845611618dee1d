import ArgumentParser

/// A sort of fault, as `--faults` names it.
enum FaultKind: String, CaseIterable, Codable, Hashable, Sendable, ExpressibleByArgument {
  /// kill -9.
  case kill
  /// SIGSTOP and later SIGCONT.
  case stop
  /// A node or a group of nodes is cut off, in one direction or both, with its clients or without.
  case partition
  /// Links delay and lose packets.
  case delay
  /// A disk takes no more.
  case diskFull = "disk-full"
  /// A slave's directory is gone, and the slave starts empty with the same name.
  case diskLoss = "disk-loss"
  /// One node, or all at once, end and start with other clocks than before.
  case restart
}

/// Several sorts of faults with commas between them.
struct FaultList: ExpressibleByArgument {
  var kinds: Set<FaultKind>

  static let all = FaultList(kinds: Set(FaultKind.allCases))

  init(kinds: Set<FaultKind>) { self.kinds = kinds }

  init?(argument: String) {
    kinds = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let kind = FaultKind(rawValue: String(word)) else { return nil }
      kinds.insert(kind)
    }
  }

  var defaultValueDescription: String { "all" }
}
