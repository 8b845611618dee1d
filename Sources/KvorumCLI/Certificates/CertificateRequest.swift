import Crypto
import Foundation

/// What a certificate is to say.
struct CertificateRequest {
  /// What somebody may do with a certificate.
  enum Purpose {
    /// Sign other certificates.
    case authority
    /// Be a node: take connections and make them.
    case node
    /// Be a client.
    case client
  }

  var name: String
  var purpose: Purpose
  /// The names and addresses that it stands for.
  var hosts: [String] = []
  var days: Int
}

/// A certificate in DER, with its key.
struct IssuedCertificate {
  var name: String
  var der: [UInt8]
  var key: P256.Signing.PrivateKey

  /// The certificate as PEM.
  var pem: String {
    let lines = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN CERTIFICATE-----\n\(lines)\n-----END CERTIFICATE-----\n"
  }
}
