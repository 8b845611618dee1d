import Replication

extension WireIntroduction {
  init(_ introduction: PeerIntroduction) {
    id = introduction.id.rawValue
    role = WireRole(introduction.role)
    name = introduction.name
    address = introduction.address
    if let cluster = introduction.cluster { self.cluster = WireClusterId(cluster) }
    version = introduction.version
    dataDirectory = introduction.dataDirectory
  }

  func introduction() throws -> PeerIntroduction {
    PeerIntroduction(
      id: try Checks.node(id, "introduction"), role: try role.nodeRole("introduction"),
      name: try Checks.text(name, "name in the introduction"),
      address: try Checks.text(address, "address in the introduction"),
      cluster: hasCluster ? cluster.clusterID : nil,
      version: try Checks.text(version, "version in the introduction"),
      dataDirectory: try Checks.text(dataDirectory, "data directory in the introduction"))
  }
}
