import Foundation

/// Which faults can be done here.
struct Permissions: Sendable {
  var kinds: Set<FaultKind>
  /// Why the others cannot, or are done only in part.
  var skipped: [String: String] = [:]
  /// Whether a node can be started with other clocks.
  var hasClocks = false

  /// What of the wanted faults is possible with this network; without one only what needs no rights.
  static func probe(
    _ wanted: Set<FaultKind>, network: NamespaceNetwork?, obstacle: String?
  ) async -> Permissions {
    var permissions = Permissions(kinds: wanted)
    func skip(_ kind: FaultKind, _ reason: String) {
      if permissions.kinds.remove(kind) != nil { permissions.skipped[kind.rawValue] = reason }
    }
    guard let network else {
      let reason = obstacle ?? "no namespaces"
      for kind in [FaultKind.partition, .delay, .diskFull] { skip(kind, reason) }
      if wanted.contains(.restart) { permissions.skipped["restart with other clocks"] = reason }
      return permissions
    }
    switch network.slowing {
    case .netem: break
    case .tokenBucket:
      if wanted.contains(.delay) {
        permissions.skipped["delay by netem"] = "the kernel has no netem; links are slowed by tbf instead"
      }
    case nil: skip(.delay, "tc has neither netem nor tbf here")
    }
    if wanted.contains(.diskFull) {
      do { try await tryMount() } catch { skip(.diskFull, "\(error)") }
    }
    if wanted.contains(.restart) {
      permissions.hasClocks = await canSetClocks()
      if !permissions.hasClocks {
        permissions.skipped["restart with other clocks"] = "no time namespaces here"
      }
    }
    return permissions
  }

  private static func tryMount() async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("kvbench-\(UUID().uuidString)")
      .path
    _ = try await SmallDisk(at: path)
    try await Shell.run(["umount", path])
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Whether a program that is started with an offset really sees it; older kernels give it only to its children.
  private static func canSetClocks() async -> Bool {
    let offset = 1_000_000_000
    let uptime = try? await Shell.run(["unshare", "--time", "--boottime", "\(offset)", "cat", "/proc/uptime"])
    return uptime.flatMap { Double($0.prefix { $0 != " " }) }.map { $0 >= Double(offset) } ?? false
  }
}
