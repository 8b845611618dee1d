import Kvorum
import TLS
import Transport

extension SecurityOptions {
  /// How a node that is stopped asks others for a copy: by TLS if they speak it, and as a node, without a password.
  package func access() throws -> ClientAccess {
    let credentials = try Credentials(self)
    let word = [Array(PeerWord.nodeCommand.utf8)]
    guard let secret = credentials.secret else {
      return ClientAccess(
        tls: credentials.client, proof: hasMutualTLS ? NodeProof(opening: nil) { _ in word } : nil)
    }
    let nonce = PeerSecret.nonce()
    return ClientAccess(
      tls: credentials.client,
      proof: NodeProof(opening: PeerChallenge.opening(nonce)) { answer in
        let challenge = try PeerChallenge(answer: answer ?? [], nonce: nonce, secret: secret)
        return word + [challenge.proof(of: word[0])]
      })
  }
}
