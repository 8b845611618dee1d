import ArgumentParser
import Storage

/// What a cluster that is made offline is told.
struct NewClusterOptions: ParsableArguments {
  @Option(help: "How many slaves' directories to make; more slaves can join later.")
  var slaves = 1

  @Option(
    help: ArgumentHelp("Where the primary master will listen.", valueName: "host:port"))
  var primaryAddress = "127.0.0.1:12345"

  @Option(help: ArgumentHelp("The lease length in milliseconds.", valueName: "ms"))
  var lease: Int64 = 500

  func validate() throws {
    if !(1...64).contains(slaves) { throw ValidationError("--slaves must be from 1 to 64") }
    if !(50...60_000).contains(lease) { throw ValidationError("--lease must be from 50 to 60000 ms") }
    let port = primaryAddress.split(separator: ":").last.flatMap { UInt16($0) }
    if port == nil || port == 0 || !primaryAddress.contains(":") {
      throw ValidationError("--primary-address must be host:port")
    }
  }

  var options: NewCluster.Options {
    var options = NewCluster.Options()
    options.slaves = slaves
    options.primaryAddress = primaryAddress
    options.leaseMilliseconds = lease
    return options
  }
}

/// How the directories of a new cluster are started.
func startLines(_ directories: [String], _ address: String) -> [String] {
  let isDefault = address == "127.0.0.1:12345"
  var lines = [
    "Start it with:",
    "  kvorum master --data \(directories[0]) --peers none\(isDefault ? "" : " --listen \(address)")",
  ]
  for directory in directories.dropFirst() {
    let name = directory.split(separator: "/").last ?? ""
    lines.append(
      "  kvorum slave --data \(directory) --name \(name)\(isDefault ? "" : " --masters \(address)")")
  }
  return lines + ["A backup master and more slaves join it when they are started with empty directories."]
}
