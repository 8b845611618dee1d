import Storage

/// Why a node could not start or had to stop, as one sentence for people.
public enum NodeError: Error, CustomStringConvertible, Sendable {
  /// An option breaks a rule.
  case configuration(String)
  /// The port cannot be listened on.
  case cannotListen(HostAndPort, reason: String)
  /// The files cannot be used.
  case storage(String)
  /// The replica is damaged, lost, or not what other nodes hold: another one has to take its place.
  case replicaDamaged(String)
  /// The node must not go on.
  case halted(String)

  /// The sentence.
  public var description: String {
    switch self {
    case .configuration(let text), .storage(let text), .replicaDamaged(let text), .halted(let text): text
    case .cannotListen(let address, let reason):
      "cannot listen on \(address): \(reason); stop what uses the port or choose another with --listen"
    }
  }
}

extension NodeError {
  /// What a failure of the files in a directory means.
  init(_ error: StorageError, in directory: String) {
    let isOfReplica = error.path.hasPrefix(DataDirectory.replica(in: directory))
    let isReplica = isOfReplica && [.damaged, .foreign, .otherNode].contains(error.kind)
    self =
      isReplica || error.kind == .replicaBehind
      ? .replicaDamaged(error.description) : .storage(error.description)
  }
}
