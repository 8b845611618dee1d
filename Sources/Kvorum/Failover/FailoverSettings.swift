import NIOCore

/// The times by which the failover machine lives.
struct FailoverSettings: Sendable {
  /// Silence of a link with something outstanding after which the other masters are asked.
  var silence = TimeAmount.milliseconds(300)
  /// How long a new connection may take to answer its first command before it counts as dead.
  var greeting = TimeAmount.milliseconds(1_000)
  /// Silence with something outstanding after which a link is closed, whatever the others say.
  var dead = TimeAmount.seconds(5)
  /// How long an idle link to the active master stays unasked.
  var heartbeat = TimeAmount.seconds(1)
  /// The shortest and the longest pause between two questions to a master while none is active.
  var searchMinimum = TimeAmount.milliseconds(5)
  var searchMaximum = TimeAmount.milliseconds(80)
  /// The shortest and the longest pause between two connection attempts. While commands wait the longest is
  /// `backoffBusyMaximum`, so that a failover is not slept through.
  var backoffMinimum = TimeAmount.milliseconds(20)
  var backoffMaximum = TimeAmount.milliseconds(1_000)
  var backoffBusyMaximum = TimeAmount.milliseconds(100)
  /// How long a command that found no quorum is tried again.
  var quorumPatience = TimeAmount.seconds(2)
  /// The pause before it is tried again.
  var quorumRetry = TimeAmount.milliseconds(25)
  /// The read level of each connection.
  var consistency = ReadConsistency.linearizable
}
