import Foundation
import NIOSSL

/// Reads PEM files, with errors that say which file is at fault.
enum PEM {
  static func certificates(_ path: String) throws(TLSError) -> [NIOSSLCertificate] {
    let certificates: [NIOSSLCertificate]
    do {
      certificates = try NIOSSLCertificate.fromPEMFile(path)
    } catch {
      throw complaint(path, "no certificates in PEM form")
    }
    guard !certificates.isEmpty else { throw complaint(path, "no certificates in PEM form") }
    return certificates
  }

  static func key(_ path: String) throws(TLSError) -> NIOSSLPrivateKey {
    do {
      return try NIOSSLPrivateKey(file: path, format: .pem)
    } catch {
      throw complaint(path, "no private key in PEM form without a passphrase")
    }
  }

  /// Takes the certificate and its key into the configuration of a dialing side, if they are named.
  static func show(_ files: TLSFiles, in configuration: inout TLSConfiguration) throws(TLSError) {
    guard files.certificate != nil || files.key != nil else { return }
    guard let certificate = files.certificate, let key = files.key else {
      throw TLSError("--tls-cert and --tls-key belong together: name both")
    }
    configuration.certificateChain = try certificates(certificate).map { .certificate($0) }
    configuration.privateKey = .privateKey(try Self.key(key))
  }

  static func context(_ configuration: TLSConfiguration, _ files: TLSFiles) throws(TLSError) -> NIOSSLContext
  {
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSError(
        "\(files.certificate ?? "") and \(files.key ?? "") cannot be used: does the key belong to the certificate?"
      )
    }
  }

  private static func complaint(_ path: String, _ content: String) -> TLSError {
    FileManager.default.isReadableFile(atPath: path)
      ? TLSError("\(path) holds \(content)") : TLSError("\(path) cannot be read")
  }
}
