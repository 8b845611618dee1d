import Access
import Foundation
import Logging
import NIOCore
import Replication
import TLS
import Transport

// How the node knows other nodes, and how it learns that its files have changed.

extension NodeLoop {
  private static let certificateInterval: Nanoseconds = .milliseconds(2_000)
  private static let complaintInterval: Nanoseconds = .milliseconds(10_000)

  // MARK: Other nodes

  /// Why whoever is on a connection has not shown that it is a node; nil if it has, or if nobody has to.
  ///
  /// `content` is what its proof covers, `proof` the proof, which is nil if none came.
  func doubt(
    about content: [UInt8], _ proof: [UInt8]?, _ challenge: PeerChallenge?, on channel: any Channel
  ) -> String? {
    if credentials.secret != nil {
      guard let challenge, let proof else {
        return
          "nodes of this cluster show that they know its secret: give all nodes the same --peer-secret-file"
      }
      guard challenge.accepts(proof, of: content) else {
        return "it has another peer secret: give all nodes the same --peer-secret-file"
      }
    }
    if configuration.security.hasMutualTLS {
      guard let certificate = ServerTLS.shownCertificate(on: channel) else {
        return "it shows no certificate: give all nodes --tls-cert and --tls-key"
      }
      guard NodeCertificate.isOfNode(certificate) else {
        return "its certificate is one for clients: a node's needs the extended key usage serverAuth"
      }
    }
    return nil
  }

  /// Whether a connection is known to be a node's by more than its word.
  var knowsNodes: Bool { credentials.secret != nil || configuration.security.hasMutualTLS }

  /// Says once in a while that strangers come.
  func complain(about channel: any Channel, _ reason: String) {
    let now = BootClock.now()
    guard lastStranger?.reason != reason || now - (lastStranger?.at ?? now) > Self.complaintInterval else {
      return
    }
    lastStranger = (reason, now)
    let address = channel.remoteAddress.map { "\($0.ipAddress ?? ""):\($0.port ?? 0)" } ?? "somebody"
    logger.warning("refuses \(address) as a node: \(reason)")
  }

  // MARK: Files

  /// Reads all files of the security options anew, as a signal wishes; what is wrong with them changes nothing.
  func reloadCredentials() { reload(becauseOf: "told to", onlyCertificates: false) }

  /// Takes new certificates when their files have changed.
  func watchCertificates() {
    let now = BootClock.now()
    guard let files = configuration.security.tls, now - certificatesSeen > Self.certificateInterval else {
      return
    }
    certificatesSeen = now
    let known = certificateStamp
    // A disk may be slow, and heartbeats must not be.
    DispatchQueue.global().async { [self] in
      let stamp = files.stamp
      guard stamp != known else { return }
      eventLoop.execute { [self] in
        guard certificateStamp != stamp else { return }
        certificateStamp = stamp
        reload(becauseOf: "their files changed", onlyCertificates: true)
      }
    }
  }

  private func reload(becauseOf cause: String, onlyCertificates: Bool) {
    let options = configuration.security
    DispatchQueue.global().async { [self] in
      let read = Result { try Credentials(options) }
      eventLoop.execute { [self] in
        guard !isStopping else { return }
        do {
          let new = try read.get()
          try options.validate(new.users, listen: listenAddress)
          credentials.server = new.server
          credentials.client = new.client
          if !onlyCertificates {
            credentials.secret = new.secret
            replaceUsers(new.users)
          }
          logger.notice("has read its \(onlyCertificates ? "certificates" : "security files") anew: \(cause)")
        } catch {
          logger.error("keeps the certificates and users that it has: \(error)")
        }
      }
    }
  }
}
