import Foundation

/// Where one side of a connection has its certificates, as PEM files.
public struct TLSFiles: Hashable, Sendable {
  /// The certificate that it shows, followed by those between it and the authority; nil if it shows none.
  public var certificate: String?
  /// The key of that certificate.
  public var key: String?
  /// The certificates of the authorities by which it knows others; nil means those of the system.
  public var authority: String?

  /// Names the files; none of them is looked at.
  public init(certificate: String? = nil, key: String? = nil, authority: String? = nil) {
    self.certificate = certificate
    self.key = key
    self.authority = authority
  }

  /// When the files were last changed and how long they are: another value means that one of them is another.
  public var stamp: [String] {
    [certificate, key, authority].compactMap { $0 }.map { path in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      let changed = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(path) \(changed) \(attributes?[.size] ?? 0) \(attributes?[.systemFileNumber] ?? 0)"
    }
  }
}
