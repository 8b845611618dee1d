import NIOCore
import TLS

extension KvorumClient {
  /// Where a client has its certificates, as PEM files.
  public struct Certificates: Hashable, Sendable {
    /// The authorities that sign nodes' certificates; nil means those of the system.
    public var authority: String?
    /// The certificate to show, if the nodes want one.
    public var certificate: String?
    /// The key of that certificate.
    public var key: String?

    /// Names the files; none of them is looked at.
    public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authority = authority
      self.certificate = certificate
      self.key = key
    }
  }

  /// Whom a client logs in as. The password is in no description of it.
  public struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    let user: String
    let password: [UInt8]

    /// A user, by default the one of that name, and the password.
    public init(user: String = "default", password: [UInt8]) {
      self.user = user
      self.password = password
    }

    /// The user.
    public var description: String { user }
    /// The user.
    public var customMirror: Mirror { Mirror(self, children: ["user": user]) }
  }
}

/// How a node shows another one that it is one too, on a connection for requests.
package struct NodeProof: Sendable {
  /// The question that comes first; nil if the certificate says enough.
  package var opening: [[UInt8]]?
  /// The words that follow the answer to it.
  package var words: @Sendable ([UInt8]?) throws -> [[UInt8]]

  package init(opening: [[UInt8]]?, words: @escaping @Sendable ([UInt8]?) throws -> [[UInt8]]) {
    self.opening = opening
    self.words = words
  }
}

/// What a connection to a node begins with.
package struct ClientAccess: Sendable {
  package var tls: ClientTLS?
  package var credentials: KvorumClient.Credentials?
  package var proof: NodeProof?

  package init(
    tls: ClientTLS? = nil, credentials: KvorumClient.Credentials? = nil, proof: NodeProof? = nil
  ) {
    self.tls = tls
    self.credentials = credentials
    self.proof = proof
  }

  /// Reads the files of certificates.
  ///
  /// - Throws: `KvorumError.invalidConfiguration`, which names the file.
  package init(_ configuration: KvorumClient.Configuration) throws(KvorumError) {
    credentials = configuration.credentials
    do throws(TLSError) {
      tls = try configuration.tls.map { (files) throws(TLSError) in
        try ClientTLS(
          TLSFiles(certificate: files.certificate, key: files.key, authority: files.authority))
      }
    } catch {
      throw .invalidConfiguration(error.description)
    }
  }

  /// Puts TLS first into a new connection's pipeline, if it is wanted.
  func secure(_ channel: any Channel, to host: String) throws {
    if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler(to: host)) }
  }

  /// The first request of a connection that stays.
  var greeting: [[UInt8]] {
    let hello = ["HELLO", "3"].map { Array($0.utf8) }
    guard let credentials else { return hello }
    return hello + [Array("AUTH".utf8), Array(credentials.user.utf8), credentials.password]
  }
}
