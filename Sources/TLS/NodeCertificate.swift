import SwiftASN1

/// Tells the certificates of nodes from those of clients, which the same authority may have signed.
public enum NodeCertificate {
  private static let extendedKeyUsage: ASN1ObjectIdentifier = [2, 5, 29, 37]
  private static let serverAuthentication: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 1]
  /// Of the fields of a certificate that may be left out, this one holds the extensions.
  private static let extensionsTag = ASN1Identifier(tagWithNumber: 3, tagClass: .contextSpecific)

  /// Whether a certificate, in DER, says that it is for a server: then whoever has its key is a node.
  public static func isOfNode(_ certificate: [UInt8]) -> Bool {
    (try? usages(of: certificate).contains(serverAuthentication)) ?? false
  }

  private static func usages(of certificate: [UInt8]) throws -> [ASN1ObjectIdentifier] {
    let content = try children(try children(DER.parse(certificate))[0])
    guard let wrapped = content.first(where: { $0.identifier == extensionsTag }) else { return [] }
    for one in try children(try children(wrapped)[0]) {
      let parts = try children(one)
      guard try ASN1ObjectIdentifier(derEncoded: parts[0]) == extendedKeyUsage, let value = parts.last else {
        continue
      }
      let usages = try ASN1OctetString(derEncoded: value)
      return try children(DER.parse(Array(usages.bytes))).map { try ASN1ObjectIdentifier(derEncoded: $0) }
    }
    return []
  }

  /// The parts of what has parts; never none.
  private static func children(_ node: ASN1Node) throws -> [ASN1Node] {
    guard case .constructed(let parts) = node.content, case let parts = Array(parts), !parts.isEmpty else {
      throw ASN1Error.unexpectedFieldType(node.identifier)
    }
    return parts
  }
}
