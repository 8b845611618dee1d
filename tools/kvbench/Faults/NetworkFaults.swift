/// Faults of the network that may overlap: what two faults broke is whole when both are over.
actor NetworkFaults {
  private let network: NamespaceNetwork
  private var cutLinks: [Int: Int] = [:]
  private var blocks: [Pair: Int] = [:]
  private var slow: [Int: Int] = [:]

  private struct Pair: Hashable {
    var from: Int
    var to: Int
  }

  init(_ network: NamespaceNetwork) { self.network = network }

  func cutLink(of node: Int) async throws {
    cutLinks[node, default: 0] += 1
    if cutLinks[node] == 1 { try await network.setLink(of: node, up: false) }
  }

  func mendLink(of node: Int) async throws {
    cutLinks[node, default: 0] -= 1
    if cutLinks[node] == 0 { try await network.setLink(of: node, up: true) }
  }

  func block(_ pairs: [(from: Int, to: Int)]) async throws {
    for (from, to) in pairs {
      blocks[Pair(from: from, to: to), default: 0] += 1
      if blocks[Pair(from: from, to: to)] == 1 {
        try await network.setBlock(from: from, to: to, blocked: true)
      }
    }
  }

  func unblock(_ pairs: [(from: Int, to: Int)]) async throws {
    for (from, to) in pairs {
      blocks[Pair(from: from, to: to), default: 0] -= 1
      if blocks[Pair(from: from, to: to)] == 0 {
        try await network.setBlock(from: from, to: to, blocked: false)
      }
    }
  }

  func slowDown(_ nodes: [Int], strength: Int) async throws {
    for node in nodes {
      slow[node, default: 0] += 1
      if slow[node] == 1 { try await network.setSlow(node, strength: strength) }
    }
  }

  func speedUp(_ nodes: [Int]) async throws {
    for node in nodes {
      slow[node, default: 0] -= 1
      if slow[node] == 0 { try await network.setSlow(node, strength: nil) }
    }
  }
}
