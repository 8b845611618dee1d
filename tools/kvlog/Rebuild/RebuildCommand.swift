import ArgumentParser
import Storage

struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Make a node's directory from those of other nodes.",
    discussion: """
      The new directory holds the cluster's log and replica under a new node id that has promised nothing, so it can \
      vote for nothing it has forgotten. It is a slave or a master as it is first started: with the name of the slave \
      it replaces, or at the address of the master it replaces, while that one is down. A damaged directory may be \
      among the sources, also the one that is rebuilt: what is there is moved aside, never removed.

        kvlog rebuild data/slave2 --from data/slave1 data/slave3
        kvorum slave --data data/slave2 --name slave2
      """)

  @Argument(help: ArgumentHelp("The directory to make.", valueName: "dir"))
  var directory: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Directories of nodes, masters or slaves; single log.db or replica.db files.", valueName: "dir"))
  var from: [String]

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if from.isEmpty { throw ValidationError("Name at least one directory with --from.") }
  }

  func run() throws {
    try conclude {
      let progress = ProgressLine("read and written", unit: "entries")
      let rebuild = Rebuild(places: try from.map { try SourcePlace($0) })
      let report = try rebuild.run(into: directory) { progress.show($0, of: $1) }
      progress.clear()
      try Output.write(report, json: json, lines: report.lines)
      // Damage in one copy that the others make up for is no problem of the new directory.
      return report.baseIndex == report.oldestBaseIndex
    }
  }
}

extension Rebuild.Report {
  var lines: [String] {
    var lines = [
      "\(directory) holds entries \(baseIndex + 1) to \(lastIndex) (epoch \(lastEpoch)), committed up to \(commitIndex), and "
        + "\(keys) keys; made in \(formatted(seconds)) s",
      "It is the new node \(node) of cluster \(cluster).",
    ]
    if let movedAside { lines.append("What was there is in \(movedAside) now.") }
    lines += problems + merge.lines
    return lines + [
      "Start it as a slave, with the --name of the one it replaces, while that one is down:",
      "  kvorum slave --data \(directory) --name NAME      (\(slaves.joined(separator: ", ")))",
      "or as a master, at the address of the one it replaces, while another master leads:",
      "  kvorum master --data \(directory)                 (\(masters.joined(separator: ", ")))",
      "If no master of the cluster is left, none can lead it again: use kvlog recover.",
    ]
  }
}
