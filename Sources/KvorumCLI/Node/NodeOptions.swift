import ArgumentParser
import Commands
import Logging
import Node
import Replication

/// What every node can be told.
struct NodeOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The node's directory; it is made if absent.", valueName: "dir"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "The address that others are told to connect to, if it is not the one to listen on.",
      valueName: "host:port"))
  var announce: HostAndPort?

  @Option(
    name: .customLong("log-level"), help: "trace, debug (shows every operation), info, warning or error.")
  var logLevel: Logger.Level = .info

  @Option(
    help: ArgumentHelp(
      "The lease length in milliseconds of a cluster that is born here; a living cluster keeps its own.",
      valueName: "ms"))
  var lease: Int64 = 500

  @Flag(help: "Confirm each read with the slaves instead of resting on the lease.")
  var noLease = false

  @Option(
    help: ArgumentHelp("How long a write may wait for its quorum before it is in doubt.", valueName: "ms"))
  var writeTimeout: Int64 = 2_000

  @Option(help: ArgumentHelp("How long a read may wait for a confirmation.", valueName: "ms"))
  var readTimeout: Int64 = 1_000

  @Option(help: ArgumentHelp("The longest key.", valueName: "bytes"))
  var maxKeyBytes: Int = 64 << 10

  @Option(help: ArgumentHelp("The longest value.", valueName: "bytes"))
  var maxValueBytes: Int = 64 << 20

  @Option(
    help: ArgumentHelp(
      "How much memory all clients together may make the node hold; above it the one that holds most is closed.",
      valueName: "bytes"))
  var maxClientBytes: Int = 1 << 30

  @Option(
    help: ArgumentHelp(
      "How many of the newest entries the log keeps; 0 keeps all. Those that a connected slave lacks stay too.",
      valueName: "count"))
  var logEntries: UInt64 = 100_000

  @Option(
    help: ArgumentHelp(
      "The size of log.db above which older entries go too, such as 512M or 4G; 0 is no limit.",
      valueName: "size"))
  var logBytes = ByteCount(0)

  @Option(
    help: ArgumentHelp(
      "The age above which entries go too, such as 90s, 30m, 12h or 7d; 0 is no limit.", valueName: "time"))
  var logAge = TimeSpan(0)

  @Option(
    help: ArgumentHelp(
      "Keep what goes from the log in this directory, as SQLite files that kvlog replay reads; nothing goes before it is "
        + "kept there. Nodes may share one.", valueName: "dir"))
  var archive: String?

  @Option(
    help: ArgumentHelp(
      "How many entries the log keeps at most for a connected slave that lags; one further behind is sent a copy of "
        + "the replica.", valueName: "count"))
  var maxSlaveLag: UInt64 = 1_000_000

  @Option(
    help: ArgumentHelp("How much of such a copy leaves in a second at most.", valueName: "size"))
  var snapshotRate = ByteCount(64 << 20)

  @Option(
    help: ArgumentHelp(
      "How much of the replica is read in a second, in the background, to find rows that have decayed.",
      valueName: "size"))
  var scrubRate = ByteCount(8 << 20)

  @Option(help: ArgumentHelp("How long to rest between two such passes.", valueName: "time"))
  var scrubInterval = TimeSpan(600_000)

  @OptionGroup(title: "Security")
  var security: NodeSecurityOptions
  @Option(
    help: ArgumentHelp(
      "What Redis clients that follow failovers by SENTINEL call the active master.", valueName: "name"))
  var sentinelName = "kvorum"

  @Option(
    help: ArgumentHelp(
      "Which events of keys are published, in the letters of Redis such as KEA; by default none.",
      valueName: "letters"))
  var notifyKeyspaceEvents = KeyEventFlags()

  func configuration(
    role: NodeRole, name: String?, listen: HostAndPort, masters: [HostAndPort]
  ) -> NodeConfiguration {
    NodeConfiguration(
      role: role, name: name, dataDirectory: data, listen: listen, security: security.options,
      announce: announce, masters: masters,
      leaseMilliseconds: lease, useLease: !noLease, writeTimeoutMilliseconds: writeTimeout,
      readTimeoutMilliseconds: readTimeout, maxKeyBytes: maxKeyBytes, maxValueBytes: maxValueBytes,
      maxClientBytes: maxClientBytes,
      trimPolicy: TrimPolicy(
        entries: logEntries == 0 ? nil : logEntries, bytes: logBytes.bytes == 0 ? nil : logBytes.bytes,
        age: logAge.milliseconds == 0 ? nil : logAge.milliseconds),
      archiveDirectory: archive, maxSlaveLag: maxSlaveLag, snapshotBytesPerSecond: snapshotRate.bytes,
      scrubBytesPerSecond: scrubRate.bytes, scrubInterval: Double(scrubInterval.milliseconds) / 1_000,
      sentinelName: sentinelName, keyEvents: notifyKeyspaceEvents)
  }
}

extension HostAndPort: ExpressibleByArgument {
  /// Reads host:port; an empty host means 127.0.0.1.
  public init?(argument: String) { self.init(argument) }
}

extension KeyEventFlags: ExpressibleByArgument {
  /// Reads letters such as KEA; nil if one of them is none of Redis'.
  public init?(argument: String) { self.init(letters: argument) }

  /// What `--help` shows.
  public var defaultValueDescription: String { isEmpty ? "none" : description }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Addresses with commas between them, or `none`.
struct AddressList: ExpressibleByArgument {
  var addresses: [HostAndPort]

  init(_ addresses: [HostAndPort]) { self.addresses = addresses }

  init?(argument: String) {
    if argument == "none" {
      addresses = []
      return
    }
    addresses = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let address = HostAndPort(part.trimmingPrefix(" ").description), address.port > 0 else {
        return nil
      }
      addresses.append(address)
    }
  }

  var defaultValueDescription: String { addresses.map(\.description).joined(separator: ",") }
}
