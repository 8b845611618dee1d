import ArgumentParser
import Foundation
import Storage

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Make a new cluster from what is left of one that has lost its majority, or all its masters.",
    discussion: """
      Without --force-new-cluster it only shows what the directories hold and what may be missing. With it, the most \
      complete history that survives becomes the data of a new cluster with an id of its own: nodes of the old one \
      are refused by it. All that is left of the old cluster must be stopped, and stay so. The directories \
      that are read are not changed.

        kvlog recover data/slave2 data/backup
        kvlog recover data/slave2 data/backup --force-new-cluster --into recovered
      """)

  @Argument(help: ArgumentHelp("The directories of the nodes that are left, all of them.", valueName: "dir"))
  var directories: [String]

  @Flag(help: "Do it. Writes that only missing nodes hold are given up for ever.")
  var forceNewCluster = false

  @Option(help: ArgumentHelp("Where the new nodes' directories are made; must not exist.", valueName: "dir"))
  var into: String?

  @OptionGroup var cluster: NewClusterOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if directories.isEmpty { throw ValidationError("Name the directories of the nodes that are left.") }
    if forceNewCluster, into == nil {
      throw ValidationError("--force-new-cluster needs --into, a new directory.")
    }
  }

  private struct Report: Encodable {
    var findings: Recover.Findings
    var made: Recover.Made?
  }

  func run() throws {
    try conclude {
      // None of them may start while they are read.
      let locks = try directories.filter { isDirectory($0) }.map { try DirectoryInUse.exclude($0) }
      defer { withExtendedLifetime(locks) {} }
      let progress = ProgressLine("read", unit: "entries")
      let recover = try Recover(try directories.map { try SourcePlace($0) }) { progress.show($0, of: $1) }
      progress.clear()
      var report = Report(findings: recover.findings)
      if !json { Output.write(report.findings.lines.joined(separator: "\n") + "\n") }
      guard forceNewCluster, let into else {
        if json {
          try Output.write(report, json: true, lines: [])
        } else {
          Output.write("Nothing was made. To go on: --force-new-cluster --into DIR\n")
        }
        return !recover.findings.mayLackAcknowledged
      }
      let writing = ProgressLine("written", unit: "entries")
      let made = try recover.make(in: into, cluster.options) { writing.show($0, of: $1) }
      writing.clear()
      report.made = made
      try Output.write(
        report, json: json,
        lines: [
          "\(into) holds the new cluster \(made.cluster) with \(made.keys) keys, at entry \(made.lastIndex). Nodes of cluster "
            + "\(recover.findings.cluster) are refused by it."
        ] + startLines(made.directories, cluster.primaryAddress))
      return true
    }
  }
}

private func isDirectory(_ path: String) -> Bool {
  var isDirectory: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
}

/// Keeps nodes from using a directory without writing in it.
enum DirectoryInUse {
  /// Throws if a node runs on the directory; else none can start on it until the result is released.
  static func exclude(_ directory: String) throws -> AnyObject? {
    let descriptor = open(directory + "/lock", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw Unusable(
        "A node runs on \(directory): stop it first, with all others of its cluster. If the cluster still works, use "
          + "kvlog rebuild instead.")
    }
    return handle
  }
}

extension Recover.Findings {
  var lines: [String] {
    var lines = [
      "Cluster \(cluster): the most complete history here ends at entry \(lastIndex) of epoch \(lastEpoch) "
        + "(\(Moment(milliseconds: lastTime)))",
      "Proven to be committed: up to entry \(commitIndex).",
    ]
    if unproven > 0 {
      lines.append(
        "\(unproven) entries above it are kept although no node proves them committed; they touch "
          + "\(unprovenMutations) keys:")
      lines += unprovenKeys.prefix(20).map { "  \($0)" }
      if unprovenMutations > min(20, unprovenKeys.count) { lines.append("  ...") }
    }
    for member in members {
      lines.append(
        "\(member.role) \(member.name) (\(member.id)): \(member.directory ?? "not among the directories")")
    }
    lines += others.map { "\($0): a node that is no member of the cluster any more, or not yet" }
    return lines + problems + merge.lines + [conclusion]
  }
}
