import Foundation
import Kvorum

/// A primary, a backup and slaves as processes, on a network of their own if that is permitted.
final class ChaosCluster: Sendable {
  let home: String
  let nodes: [ChaosNode]
  let network: NamespaceNetwork?
  /// The disks that can be filled, by the number of their node.
  let disks: [Int: SmallDisk]

  private init(home: String, nodes: [ChaosNode], network: NamespaceNetwork?, disks: [Int: SmallDisk]) {
    self.home = home
    self.nodes = nodes
    self.network = network
    self.disks = disks
  }

  var primary: ChaosNode { nodes[0] }
  var backup: ChaosNode { nodes[1] }
  var masters: ArraySlice<ChaosNode> { nodes[..<2] }
  var slaves: ArraySlice<ChaosNode> { nodes[2...] }
  var masterEndpoints: [Endpoint] { masters.map(\.place.endpoint) }

  /// Prepares a cluster without starting it.
  ///
  /// - Parameter smallDisks: The numbers of the nodes whose disks are to be small.
  static func make(
    slaves: Int, home: String, binary: String, network: NamespaceNetwork?, smallDisks: [Int]
  ) async throws -> ChaosCluster {
    let ports = network == nil ? try FreePort.take(slaves + 2) : []
    let places = (0..<slaves + 2).map { number in
      network?.place(of: number) ?? NodePlace(endpoint: Endpoint(host: "127.0.0.1", port: ports[number]))
    }
    let nodes = places.enumerated().map { number, place in
      let role: ChaosNode.Role = number == 0 ? .primary : number == 1 ? .backup : .slave
      return ChaosNode(
        number: number, role: role, name: number < 2 ? role.rawValue : "slave\(number - 1)", home: home,
        place: place, masters: places[..<2].map(\.endpoint), binary: binary)
    }
    var disks: [Int: SmallDisk] = [:]
    for number in smallDisks { disks[number] = try await SmallDisk(at: nodes[number].directory) }
    return ChaosCluster(home: home, nodes: nodes, network: network, disks: disks)
  }

  /// Starts all nodes and waits until each has its place.
  ///
  /// - Throws: `BenchError` if the cluster is not complete within 20 s.
  func start() async throws {
    for node in nodes { try node.start() }
    guard await eventually(within: .seconds(20), { await self.obstacle() == nil }) else {
      throw BenchError(
        "the cluster was not complete within 20 s (\(await obstacle() ?? "")); the nodes' words are in \(home)"
      )
    }
  }

  /// The master that leads, by the masters' own words; nil if none says that it does.
  func active() async -> ChaosNode? {
    var found: (node: ChaosNode, round: UInt64)?
    for (node, status) in await statuses(of: Array(masters)) where status?.state == .active {
      let round = UInt64(status?.epoch?.prefix { $0 != "-" } ?? "") ?? 0
      if round > found?.round ?? 0 || found == nil { found = (node, round) }
    }
    return found?.node
  }

  /// What is still missing until all is as it should be without faults: the primary leads, and everybody
  /// follows; nil if nothing is.
  func obstacle() async -> String? {
    guard let status = await primary.status() else { return "the primary does not answer" }
    guard status.state == .active else { return "the primary is \(status.state)" }
    guard status.n == slaves.count else { return "\(status.n) slaves vote instead of \(slaves.count)" }
    if let change = status.membershipChange { return "a change of membership is under way: \(change)" }
    for node in nodes {
      guard
        let its = status.nodes.first(where: {
          $0.name == node.name || $0.role == node.role.rawValue && node.role != .slave
        })
      else { return "\(node.name) is no member" }
      guard its.connected else { return "\(node.name) is not connected" }
      let expected: NodeState = node === primary ? .active : node === backup ? .standby : .voting
      guard its.state == expected else { return "\(node.name) is \(its.state)" }
      // Under load the last entries are always under way.
      guard its.lagEntries < 500 else { return "\(node.name) is \(its.lagEntries) entries behind" }
    }
    return nil
  }

  /// Whether no node lacks an entry or has one to apply; true only when nobody writes.
  func isLevel() async -> Bool {
    let all = await statuses(of: nodes)
    let last = all.first?.1?.lastIndex
    return last != nil
      && all.allSatisfy { $0.1?.lastIndex == last && $0.1?.commitIndex == last && $0.1?.appliedIndex == last }
  }

  func statuses(of nodes: [ChaosNode]) async -> [(ChaosNode, ClusterStatus?)] {
    await withTaskGroup(of: (Int, ClusterStatus?).self) { group in
      for (place, node) in nodes.enumerated() { group.addTask { (place, await node.status()) } }
      var found = [ClusterStatus?](repeating: nil, count: nodes.count)
      for await (place, status) in group { found[place] = status }
      return Array(zip(nodes, found))
    }
  }

  /// Ends whatever still runs.
  func destroy() {
    for node in nodes { node.kill() }
    network?.destroy()
  }
}
