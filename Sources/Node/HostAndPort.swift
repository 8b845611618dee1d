/// A host, by name or number, and a TCP port; printed as host:port, or [host]:port for IPv6 numbers.
public struct HostAndPort: Hashable, Sendable, CustomStringConvertible {
  /// A name or a number, without brackets.
  public var host: String
  /// 0 to 65535.
  public var port: Int

  /// Joins a host and a port.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads host:port, [host]:port or :port; nil if it is neither.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    self.init(host: host.isEmpty ? "127.0.0.1" : String(host), port: port)
  }

  /// As it is written in options and configurations.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
