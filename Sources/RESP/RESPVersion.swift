/// The version of the protocol in which a connection's replies are written; requests are the same in both.
public enum RESPVersion: Int, Hashable, Sendable {
  /// What a connection speaks until it says `HELLO 3`.
  case v2 = 2
  /// Has maps, sets, doubles, booleans, pushes and one null.
  case v3 = 3
}
