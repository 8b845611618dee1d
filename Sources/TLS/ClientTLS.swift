import NIOCore
import NIOSSL

/// What a dialing side needs for TLS: whom it believes, and the certificate that it shows.
public struct ClientTLS: Sendable {
  private let context: NIOSSLContext

  /// Reads the files. Without a certificate none is shown; without an authority those of the system count.
  ///
  /// - Throws: `TLSError`, which names the file.
  public init(_ files: TLSFiles) throws(TLSError) {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.certificateVerification = .fullVerification
    configuration.shutdownTimeout = .tlsShutdown
    if let authority = files.authority {
      configuration.trustRoots = .certificates(try PEM.certificates(authority))
    }
    try PEM.show(files, in: &configuration)
    context = try PEM.context(configuration, files)
  }

  /// The handler that goes first into the pipeline of a connection to this host, which may be a name or an IP address:
  /// the other side's certificate has to name it.
  public func handler(to host: String) throws -> any ChannelHandler {
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }
}

extension TimeAmount {
  /// How long an end waits for the other's word that it has seen the end.
  static let tlsShutdown = TimeAmount.milliseconds(500)
}
