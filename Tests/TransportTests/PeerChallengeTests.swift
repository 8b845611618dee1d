import Testing

@testable import Transport

@Suite("How nodes know each other by a secret")
struct PeerChallengeTests {
  private let secret = PeerSecret(Array("a secret of some bytes".utf8))!
  private let other = PeerSecret(Array("another secret of some".utf8))!
  private let content = Array("an introduction".utf8)

  @Test("Two nodes with one secret believe each other, and only what was said")
  func same() throws {
    let nonce = PeerSecret.nonce()
    let acceptor = try PeerChallenge(opening: PeerChallenge.opening(nonce), secret: secret)
    let dialer = try PeerChallenge(answer: acceptor.answer, nonce: nonce, secret: secret)
    let proof = dialer.proof(of: content)
    #expect(acceptor.accepts(proof, of: content))
    #expect(!acceptor.accepts(proof, of: content + [0]))
    for place in proof.indices {
      var wrong = proof
      wrong[place] ^= 1
      #expect(!acceptor.accepts(wrong, of: content))
    }
    #expect(!acceptor.accepts([], of: content) && !acceptor.accepts(proof + [0], of: content))
  }

  @Test("A node with another secret is believed by neither side")
  func different() throws {
    let nonce = PeerSecret.nonce()
    let acceptor = try PeerChallenge(opening: PeerChallenge.opening(nonce), secret: secret)
    #expect(throws: PeerProtocolError.self) {
      try PeerChallenge(answer: acceptor.answer, nonce: nonce, secret: other)
    }
    let liar = try PeerChallenge(
      answer: PeerChallenge(opening: PeerChallenge.opening(nonce), secret: other).answer, nonce: nonce,
      secret: other)
    #expect(!acceptor.accepts(liar.proof(of: content), of: content))
  }

  @Test("What one connection heard is worth nothing on another")
  func replay() throws {
    let nonce = PeerSecret.nonce()
    let first = try PeerChallenge(opening: PeerChallenge.opening(nonce), secret: secret)
    let proof = try PeerChallenge(answer: first.answer, nonce: nonce, secret: secret).proof(of: content)
    let second = try PeerChallenge(opening: PeerChallenge.opening(nonce), secret: secret)
    #expect(!second.accepts(proof, of: content))
    #expect(throws: PeerProtocolError.self) {
      try PeerChallenge(answer: first.answer, nonce: PeerSecret.nonce(), secret: secret)
    }
  }

  @Test("An acceptor's own proof, sent back to it, proves nothing")
  func reflection() throws {
    let nonce = PeerSecret.nonce()
    let acceptor = try PeerChallenge(opening: PeerChallenge.opening(nonce), secret: secret)
    #expect(!acceptor.accepts(Array(acceptor.answer.suffix(PeerSecret.proofLength)), of: []))
  }

  @Test("An opening of another form or version is refused, and a short secret is none")
  func malformed() {
    let opening = PeerChallenge.opening(PeerSecret.nonce())
    for wrong in [
      Array(opening.dropLast()), opening + [[]], [opening[0], opening[1], [1]],
      [opening[0], Array("99".utf8), opening[2]],
    ] {
      #expect(throws: PeerProtocolError.self) { try PeerChallenge(opening: wrong, secret: secret) }
    }
    #expect(PeerSecret(Array(repeating: 1, count: 15)) == nil)
  }
}
