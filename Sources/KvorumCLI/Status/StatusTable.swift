import Kvorum

/// A status as a table for people.
enum StatusTable {
  static func text(_ status: ClusterStatus) -> String {
    (head(status) + [""] + table(status)).joined(separator: "\n")
  }

  private static func head(_ status: ClusterStatus) -> [String] {
    var lines = ["cluster  \(status.cluster ?? "not born yet: it waits for its first slave")"]
    if let active = status.active {
      lines.append(
        "active   \(active.name) (\(active.role)) at \(active.address), epoch \(status.epoch ?? "unknown")")
    } else {
      lines.append("active   none: no master leads now")
    }
    let failures = status.toleratedFailures
    let tolerated = failures == 1 ? "1 slave failure" : "\(failures) slave failures"
    lines.append(
      "quorum   n = \(status.n), W = \(status.writeQuorum), R = \(status.electionQuorum); "
        + "tolerates \(tolerated) now")
    let lease = status.lease
    let remaining = lease.valid ? "valid, \(lease.remainingMilliseconds) of" : "not valid, length"
    lines.append("lease    \(remaining) \(lease.lengthMilliseconds) ms")
    lines.append(
      "log      last \(status.lastIndex), committed \(status.commitIndex), applied \(status.appliedIndex)")
    if let change = status.membershipChange { lines.append("change   \(change)") }
    for node in status.nodes {
      if let trouble = node.trouble { lines.append("trouble  \(node.name): \(trouble)") }
    }
    if status.state != .active {
      lines.append(
        "told by  \(status.reporter.name) at \(status.reporter.address), "
          + "which is \(status.state) and may know less"
      )
    }
    return lines
  }

  private static func table(_ status: ClusterStatus) -> [String] {
    let header = [
      "NAME", "ROLE", "STATE", "ADDRESS", "LAST", "COMMIT", "APPLIED", "LAG", "LEASE", "SIZE", "VERSION",
      "DATA",
    ]
    let rows = status.nodes.map { node in
      [
        node.name, node.role, state(node), node.address, "\(node.lastIndex)",
        node.commitIndex.map(String.init) ?? "-", "\(node.appliedIndex)", lag(node),
        node.leaseRemainingMilliseconds.map { "\($0) ms" } ?? "-", size(node), node.version ?? "-",
        node.dataDirectory ?? "-",
      ]
    }
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    return ([header] + rows).map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private static func state(_ node: NodeStatus) -> String {
    guard let size = node.fillSize, size > 0 else { return node.state.rawValue }
    return "\(node.state.rawValue), filled \(100 * (node.fillBytes ?? 0) / size) %"
  }

  private static func lag(_ node: NodeStatus) -> String {
    guard node.lagEntries > 0 else { return "0" }
    return "\(node.lagEntries)" + (node.lagMilliseconds.map { " (\($0) ms)" } ?? "")
  }

  private static func size(_ node: NodeStatus) -> String {
    let parts = [node.logBytes, node.replicaBytes, node.walBytes].compactMap { $0 }
    guard !parts.isEmpty else { return "-" }
    let bytes = parts.reduce(0, +)
    return bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB"
  }
}
