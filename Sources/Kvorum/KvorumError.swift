/// Why a command was not answered as asked. Each says whether a write may have happened.
public enum KvorumError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The write may or may not have been done, now or later: read before writing again.
  ///
  /// `epoch` and `index` name the log entry where the server did; both are nil if a connection ended or a
  /// deadline passed before any answer.
  case inDoubt(epoch: String?, index: UInt64?, message: String)
  /// Too few slaves answer the active master. A write was *not* done.
  case noQuorum(message: String)
  /// No active master was found before the deadline. A write was *not* done.
  case noActiveMaster(message: String)
  /// A read was not answered before the deadline.
  case timedOut(message: String)
  /// The server refused the command, with this sentence. A write was *not* done.
  case server(message: String)
  /// A read directly from the slaves did not reach enough of them.
  case notEnoughSlaves(message: String)
  /// A node belongs to another cluster than the one this client speaks to.
  case wrongCluster(message: String)
  /// The value is not UTF-8 text; ask for its bytes.
  case notText(message: String)
  /// The server answered what no version of the protocol allows.
  case unexpectedAnswer(message: String)
  /// An address or a setting is not usable.
  case invalidConfiguration(String)
  /// The client was closed before the command was sent. A write was *not* done.
  case closed

  /// The sentence for people.
  public var description: String {
    switch self {
    case .inDoubt(_, _, let message), .noQuorum(let message), .noActiveMaster(let message),
      .timedOut(let message), .server(let message), .notEnoughSlaves(let message),
      .wrongCluster(let message), .notText(let message), .unexpectedAnswer(let message),
      .invalidConfiguration(let message):
      message
    case .closed: "The client is closed."
    }
  }
}
