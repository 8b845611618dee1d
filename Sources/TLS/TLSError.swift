import NIOCore
import NIOSSL

/// Why certificates cannot be used, or why a connection was not made safe; a sentence that names the file or the cause.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  init(_ description: String) { self.description = description }

  /// Why a connection could not be made safe, as the end of a sentence that begins with the address; nil for an error
  /// that has nothing to do with TLS.
  public static func trouble(_ error: any Error) -> String? {
    switch error {
    case let error as TLSError: error.description
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      "shows a certificate that does not name the address: is it among its subject alternative names?"
    case NIOSSLError.unableToValidateCertificate:
      "shows a certificate that does not name the address: is it among its subject alternative names?"
    case NIOSSLError.handshakeFailed(let reason): reason.sentence
    case BoringSSLError.sslError(let stack): BoringSSLError.sslError(stack).sentence
    case NIOSSLError.uncleanShutdown: "closed the connection"
    case is NIOSSLError, is NIOSSLExtraError: "could not agree on TLS: \(error)"
    default: nil
    }
  }
}

extension BoringSSLError {
  fileprivate var sentence: String {
    let text = "\(self)"
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "shows a certificate that no known authority signed, or that is not valid now"
    }
    if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
      return "does not speak TLS"
    }
    if ["ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE", "ALERT_UNSUPPORTED_CERTIFICATE"]
      .contains(where: text.contains), !text.contains("REQUIRED")
    {
      return "does not accept the certificate of this side: did its authority sign it, and is it valid now?"
    }
    if text.contains("CERTIFICATE_REQUIRED") || text.contains("PEER_DID_NOT_RETURN_A_CERTIFICATE") {
      return "wants a certificate: give --tls-cert and --tls-key"
    }
    return "could not agree on TLS: \(text)"
  }
}
