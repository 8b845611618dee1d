import Foundation
import Kvorum
import Processes

/// A bridge in this process' own network namespace, and a namespace for each node with a cable to it.
///
/// Nodes are counted from 0. The clients, which are this process, sit on the bridge.
final class NamespaceNetwork: Sendable {
  /// How a link is made slow.
  enum Slowing: Sendable {
    /// Delay with jitter, and loss.
    case netem
    /// Little bandwidth behind a queue, which delays and then drops: where the kernel has no netem.
    case tokenBucket
  }

  private static let port = 12_345
  private static let bridge = "kvbridge"
  /// Processes that do nothing but keep the nodes' namespaces alive while the nodes are dead.
  private let holders: [ChildProcess]
  /// nil if the kernel has neither.
  let slowing: Slowing?

  private init(holders: [ChildProcess], slowing: Slowing?) {
    self.holders = holders
    self.slowing = slowing
  }

  /// Builds a network for so many nodes; works only inside of an `Isolation`.
  static func make(nodes: Int) async throws -> NamespaceNetwork {
    try await ip("link", "set", "lo", "up")
    try await ip("link", "add", bridge, "type", "bridge")
    try await ip("addr", "add", host(nil) + "/24", "dev", bridge)
    try await ip("link", "set", bridge, "up")
    var holders: [ChildProcess] = []
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
    for node in 0..<nodes {
      let holder = try ChildProcess(
        ["unshare", "--net", "sleep", "infinity"],
        streams: .descriptors(input: null, output: null, errors: null))
      holders.append(holder)
      let isApart = await eventually(within: .seconds(5)) {
        let its = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(holder.pid)/ns/net")
        return its != nil && its != own
      }
      guard isApart else { throw BenchError("unshare --net made no namespace within 5 s") }
      try await ip(
        "link", "add", cable(node), "type", "veth", "peer", "name", "eth0", "netns", "\(holder.pid)")
      try await ip("link", "set", cable(node), "master", bridge, "up")
      let inside = ["nsenter", "--net=/proc/\(holder.pid)/ns/net", "ip"]
      try await Shell.run(inside + ["addr", "add", host(node) + "/24", "dev", "eth0"])
      try await Shell.run(inside + ["link", "set", "eth0", "up"])
      try await Shell.run(inside + ["link", "set", "lo", "up"])
    }
    return NamespaceNetwork(holders: holders, slowing: await probeSlowing())
  }

  func place(of node: Int) -> NodePlace {
    NodePlace(endpoint: Endpoint(host: Self.host(node), port: Self.port), launcher: inside(node))
  }

  /// Pulls a node's cable, or plugs it in.
  func setLink(of node: Int, up: Bool) async throws {
    try await Self.ip("link", "set", Self.cable(node), up ? "up" : "down")
  }

  /// Lets nothing that `node` sends reach another node, or lets it again.
  func setBlock(from node: Int, to other: Int, blocked: Bool) async throws {
    try await Shell.run(
      inside(node) + ["ip", "route", blocked ? "replace" : "del", "blackhole", Self.host(other) + "/32"])
  }

  /// Makes a node's link slow in both directions, or as fast as before.
  ///
  /// - Parameter strength: from 1, mild, to 3, hardly usable.
  func setSlow(_ node: Int, strength: Int?) async throws {
    for words in [[], inside(node)] {
      let device = words.isEmpty ? Self.cable(node) : "eth0"
      guard let strength, let slowing else {
        try await Shell.run(words + ["tc", "qdisc", "del", "dev", device, "root"])
        continue
      }
      try await Shell.run(
        words + ["tc", "qdisc", "replace", "dev", device, "root"] + slowing.words(strength))
    }
  }

  /// Ends the holders, so that the kernel takes down the network.
  func destroy() { for holder in holders { holder.destroy() } }

  private func inside(_ node: Int) -> [String] {
    ["nsenter", "--net=/proc/\(holders[node].pid)/ns/net"]
  }

  private static func cable(_ node: Int) -> String { "kv\(node)" }

  /// The address of a node, or of the clients.
  private static func host(_ node: Int?) -> String { "10.77.0.\(node.map { $0 + 2 } ?? 1)" }

  private static func ip(_ words: String...) async throws { try await Shell.run(["ip"] + words) }

  private static func probeSlowing() async -> Slowing? {
    for slowing in [Slowing.netem, .tokenBucket] {
      let words = ["tc", "qdisc", "add", "dev", cable(0), "root"] + slowing.words(1)
      guard (try? await Shell.run(words)) != nil else { continue }
      _ = try? await Shell.run(["tc", "qdisc", "del", "dev", cable(0), "root"])
      return slowing
    }
    return nil
  }
}

extension NamespaceNetwork.Slowing {
  fileprivate func words(_ strength: Int) -> [String] {
    switch self {
    case .netem:
      ["netem", "delay", "\(strength * 40)ms", "\(strength * 20)ms", "loss", "\(strength - 1)%"]
    case .tokenBucket:
      [
        "tbf", "rate", "\(4_000 / (strength * strength))kbit", "burst", "4kb", "latency",
        "\(strength * 150)ms",
      ]
    }
  }
}
