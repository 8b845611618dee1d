/// Where a node listens: a host and a port, written `host:port` or `[ipv6]:port`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// A host name or an address, without brackets.
  public var host: String
  /// The TCP port, 1 to 65535.
  public var port: Int

  /// Makes an endpoint from its parts.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port` or `[ipv6]:port`.
  ///
  /// - Throws: `KvorumError.invalidConfiguration` with a sentence that names `text`.
  public init(_ text: String) throws(KvorumError) {
    let refusal = KvorumError.invalidConfiguration(
      "\"\(text)\" is not an address; write HOST:PORT, such as 127.0.0.1:12345 or [::1]:12345.")
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (1...65_535).contains(port)
    else { throw refusal }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw refusal
    }
    let forbidden: Set<Character> = ["/", "@", ",", "[", "]", "\0"]
    guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || forbidden.contains($0) }) else {
      throw refusal
    }
    self.init(host: String(host), port: port)
  }

  /// `host:port`, an IPv6 address in brackets.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Reads a list such as `--masters` takes: endpoints with commas between them, each kept once.
  ///
  /// - Throws: `KvorumError.invalidConfiguration` for the first entry that is no endpoint.
  public static func list(_ text: String) throws(KvorumError) -> [Endpoint] {
    try list(text.split(separator: ",").map(String.init))
  }

  /// Reads several endpoints and keeps each once, in order.
  ///
  /// - Throws: `KvorumError.invalidConfiguration` for the first entry that is no endpoint.
  public static func list(_ texts: [String]) throws(KvorumError) -> [Endpoint] {
    var endpoints: [Endpoint] = []
    for text in texts {
      var trimmed = text.drop(while: \.isWhitespace)
      while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
      let endpoint = try Endpoint(String(trimmed))
      if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
    }
    return endpoints
  }
}
