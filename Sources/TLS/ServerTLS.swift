import NIOCore
import NIOSSL

/// Whether clients have to show a certificate. The raw values are those of `--tls-client-auth`.
public enum ClientCertificates: String, Sendable, CaseIterable {
  /// None is asked for.
  case no
  /// Who shows one must show one of the authority.
  case optional
  /// Who shows none of the authority is not let in.
  case required
}

/// What an accepting side needs for TLS.
public struct ServerTLS: Sendable {
  private let context: NIOSSLContext

  /// Reads the files, all three of which must be named.
  ///
  /// - Throws: `TLSError`, which names the file.
  public init(_ files: TLSFiles, clientCertificates: ClientCertificates) throws(TLSError) {
    guard let certificate = files.certificate, let key = files.key, let authority = files.authority else {
      throw TLSError("--tls-cert, --tls-key and --tls-ca belong together: name all three")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try PEM.certificates(certificate).map { .certificate($0) },
      privateKey: .privateKey(try PEM.key(key)))
    configuration.minimumTLSVersion = .tlsv12
    configuration.shutdownTimeout = .tlsShutdown
    configuration.trustRoots = .certificates(try PEM.certificates(authority))
    configuration.certificateVerification =
      switch clientCertificates {
      case .no: .none
      case .optional: .optionalVerification
      case .required: .noHostnameVerification
      }
    context = try PEM.context(configuration, files)
  }

  /// The handler that goes first into the pipeline of an accepted connection.
  public func handler() -> any ChannelHandler { NIOSSLServerHandler(context: context) }

  /// The certificate, in DER, that the other side of an accepted connection has shown, if it is one of the authority's.
  ///
  /// To be asked on the channel's event loop. With `ClientCertificates.no` nothing was checked, so there is none.
  public static func shownCertificate(on channel: any Channel) -> [UInt8]? {
    guard let shown = try? channel.pipeline.syncOperations.nioSSL_peerCertificate() else { return nil }
    return try? shown.toDERBytes()
  }
}
