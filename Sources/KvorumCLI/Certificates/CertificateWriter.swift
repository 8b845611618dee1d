import Crypto
import Foundation
import NIOCore
import SwiftASN1

/// Makes X.509 certificates (RFC 5280) with keys on the curve P-256.
enum CertificateWriter {
  private static let ecdsaWithSHA256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 2]
  private static let commonName: ASN1ObjectIdentifier = [2, 5, 4, 3]
  private static let subjectKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 14]
  private static let keyUsage: ASN1ObjectIdentifier = [2, 5, 29, 15]
  private static let alternativeNames: ASN1ObjectIdentifier = [2, 5, 29, 17]
  private static let basicConstraints: ASN1ObjectIdentifier = [2, 5, 29, 19]
  private static let authorityKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 35]
  private static let extendedKeyUsage: ASN1ObjectIdentifier = [2, 5, 29, 37]
  private static let serverAuthentication: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 1]
  private static let clientAuthentication: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 2]

  /// A new key with a certificate for it, signed by the issuer, or by the key itself if there is none.
  static func issue(_ request: CertificateRequest, by issuer: IssuedCertificate?) throws -> IssuedCertificate
  {
    let key = P256.Signing.PrivateKey()
    let signer = issuer?.key ?? key
    let content = try body(request, key: key, issuerName: issuer?.name ?? request.name, signer: signer)
    let signature = try signer.signature(for: content)
    var coder = DER.Serializer()
    try coder.appendConstructedNode(identifier: .sequence) { coder in
      coder.serializeRawBytes(content)
      try algorithm(&coder)
      try coder.serialize(ASN1BitString(bytes: Array(signature.derRepresentation)[...]))
    }
    return IssuedCertificate(name: request.name, der: coder.serializedBytes, key: key)
  }

  private static func body(
    _ request: CertificateRequest, key: P256.Signing.PrivateKey, issuerName: String,
    signer: P256.Signing.PrivateKey
  ) throws -> [UInt8] {
    var coder = DER.Serializer()
    try coder.appendConstructedNode(identifier: .sequence) { coder in
      try coder.appendConstructedNode(identifier: explicit(0)) { try $0.serialize(2) }
      coder.appendPrimitiveNode(identifier: .integer) { $0.append(contentsOf: serialNumber()) }
      try algorithm(&coder)
      try name(issuerName, &coder)
      try validity(days: request.days, &coder)
      try name(request.name, &coder)
      coder.serializeRawBytes(key.publicKey.derRepresentation)
      try coder.appendConstructedNode(identifier: explicit(3)) { coder in
        try coder.appendConstructedNode(identifier: .sequence) { coder in
          try extensions(request, key: key, signer: signer, &coder)
        }
      }
    }
    return coder.serializedBytes
  }

  private static func explicit(_ number: UInt) -> ASN1Identifier {
    ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
  }

  /// 16 random bytes, of which the first says that the number is above 0.
  private static func serialNumber() -> [UInt8] {
    var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    bytes[0] = bytes[0] & 0x3f | 0x40
    return bytes
  }

  private static func algorithm(_ coder: inout DER.Serializer) throws {
    try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(ecdsaWithSHA256) }
  }

  private static func name(_ text: String, _ coder: inout DER.Serializer) throws {
    try coder.appendConstructedNode(identifier: .sequence) { coder in
      try coder.appendConstructedNode(identifier: .set) { coder in
        try coder.appendConstructedNode(identifier: .sequence) { coder in
          try coder.serialize(commonName)
          try coder.serialize(ASN1UTF8String(text))
        }
      }
    }
  }

  /// From an hour ago, because clocks differ.
  private static func validity(days: Int, _ coder: inout DER.Serializer) throws {
    let now = Date()
    try coder.appendConstructedNode(identifier: .sequence) { coder in
      try time(now - 3_600, &coder)
      try time(now + Double(days) * 86_400, &coder)
    }
  }

  private static func time(_ date: Date, _ coder: inout DER.Serializer) throws {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    let (year, month, day) = (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
    let (hours, minutes, seconds) = (parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
    if year < 2_050 {
      try coder.serialize(
        UTCTime(year: year, month: month, day: day, hours: hours, minutes: minutes, seconds: seconds))
    } else {
      try coder.serialize(
        GeneralizedTime(
          year: year, month: month, day: day, hours: hours, minutes: minutes, seconds: seconds,
          fractionalSeconds: 0))
    }
  }

  // MARK: Extensions

  private static func extensions(
    _ request: CertificateRequest, key: P256.Signing.PrivateKey, signer: P256.Signing.PrivateKey,
    _ coder: inout DER.Serializer
  ) throws {
    let isAuthority = request.purpose == .authority
    try add(basicConstraints, isCritical: true, &coder) { coder in
      try coder.appendConstructedNode(identifier: .sequence) { coder in
        if isAuthority { try coder.serialize(true) }
      }
    }
    try add(keyUsage, isCritical: true, &coder) { coder in
      // Of the bits, 0 is for signatures, 5 and 6 are for certificates and for lists of those that were recalled.
      try coder.serialize(
        isAuthority
          ? ASN1BitString(bytes: [0x06], paddingBits: 1) : ASN1BitString(bytes: [0x80], paddingBits: 7))
    }
    try add(subjectKeyIdentifier, &coder) { coder in
      try coder.serialize(ASN1OctetString(contentBytes: identifier(key)[...]))
    }
    try add(authorityKeyIdentifier, &coder) { coder in
      coder.appendConstructedNode(identifier: .sequence) { coder in
        coder.appendPrimitiveNode(identifier: explicit(0)) { $0.append(contentsOf: identifier(signer)) }
      }
    }
    guard !isAuthority else { return }
    try add(extendedKeyUsage, &coder) { coder in
      try coder.appendConstructedNode(identifier: .sequence) { coder in
        if request.purpose == .node { try coder.serialize(serverAuthentication) }
        try coder.serialize(clientAuthentication)
      }
    }
    guard !request.hosts.isEmpty else { return }
    try add(alternativeNames, &coder) { coder in
      coder.appendConstructedNode(identifier: .sequence) { coder in
        for host in request.hosts { alternativeName(host, &coder) }
      }
    }
  }

  private static func add(
    _ kind: ASN1ObjectIdentifier, isCritical: Bool = false, _ coder: inout DER.Serializer,
    _ content: (inout DER.Serializer) throws -> Void
  ) throws {
    var inner = DER.Serializer()
    try content(&inner)
    try coder.appendConstructedNode(identifier: .sequence) { coder in
      try coder.serialize(kind)
      if isCritical { try coder.serialize(true) }
      try coder.serialize(ASN1OctetString(contentBytes: inner.serializedBytes[...]))
    }
  }

  private static func alternativeName(_ host: String, _ coder: inout DER.Serializer) {
    let (tag, bytes): (UInt, [UInt8]) =
      switch try? SocketAddress(ipAddress: host, port: 0) {
      case .v4(let address): (7, withUnsafeBytes(of: address.address.sin_addr) { Array($0) })
      case .v6(let address): (7, withUnsafeBytes(of: address.address.sin6_addr) { Array($0) })
      default: (2, Array(host.utf8))
      }
    coder.appendPrimitiveNode(identifier: explicit(tag)) { $0.append(contentsOf: bytes) }
  }

  private static func identifier(_ key: P256.Signing.PrivateKey) -> [UInt8] {
    Array(SHA256.hash(data: key.publicKey.x963Representation).prefix(20))
  }
}
