import Transport

/// What only nodes say on a connection, in place of a client's request.
enum PeerWord {
  /// "Prove that you know the secret."
  case challenge
  /// "I am this node": the connection becomes a link.
  case introduction
  /// "I am a node", with requests to follow; so that a node can be repaired without a password of its own.
  case node

  static let nodeCommand = "KVORUM.NODE"

  init?(_ arguments: [[UInt8]]) {
    // All three have the length of this one; no client should pay more for the question.
    guard arguments[0].count == 11, arguments[0][0] == UInt8(ascii: "K"), arguments[0][6] == UInt8(ascii: ".")
    else { return nil }
    if arguments[0].elementsEqual(Handshake.commandName.utf8) {
      self = .introduction
    } else if arguments[0].elementsEqual(PeerChallenge.commandName.utf8) {
      self = .challenge
    } else if arguments[0].elementsEqual(Self.nodeCommand.utf8) {
      self = .node
    } else {
      return nil
    }
  }
}
