private let asked: CommandFlags = [.admin, .loading, .stale]
private let ofServer: CommandFlags = [.admin, .noScript, .loading, .stale]
private let second = KeyPositions(first: 2, last: 2, step: 1, flags: ["RO"])

private func help(_ container: String, since: String) -> Command {
  Command(
    "\(container)|help", arity: 2, [.loading, .stale],
    .init(.server, since: since, "Show helpful text about the different subcommands"))
}

/// The commands on how the server is; the node answers those that are not on keys.
let monitoringCommands: [Command] = [
  memory, object, slowLog, latency,
  Command(
    "monitor", arity: 1, [.admin, .noScript, .loading, .stale, .noMulti],
    .init(.server, since: "1.0.0", "Listen for all requests received by the server in real time")),
  Command(
    "wait", arity: 3, [.blocking],
    .init(
      .generic, since: "3.0.0",
      "Waits until so many slaves have the connection's last write on disk; tells how many have it",
      .integer("numreplicas"), .integer("timeout"))),
  Command(
    "waitaof", arity: 4, [.blocking],
    .init(
      .generic, since: "7.2.0",
      "Waits until this node and so many slaves have the connection's last write on disk",
      .integer("numlocal"), .integer("numreplicas"), .integer("timeout"))),
  Command(
    "debug", arity: -2, ofServer,
    .init(
      .server, since: "1.0.0", "Refused, as Redis does unless it is told otherwise", .string("subcommand"))),
  Command(
    "swapdb", arity: 3, [.write, .fast],
    .init(
      .server, since: "4.0.0", "Swaps two databases, of which there is one", .integer("index1"),
      .integer("index2"))),
  Command(
    "move", arity: 3, [.write, .fast], keys: .first("RW", "access", "update", "delete"),
    .init(
      .generic, since: "1.0.0", "Moves a key to another database, of which there is none", .key,
      .integer("db"))),
  Command(
    "cluster", arity: -2, [.loading, .stale],
    .init(
      .cluster, since: "3.0.0", "Refused: a client needs no slots to find the master", .string("subcommand"))),
  Command(
    "lolwut", arity: -1, [.readonly, .fast],
    .init(
      .server, since: "5.0.0", "Shows the version", .integer("version", token: "VERSION").optional)),
]

private let memory = Command(
  "memory", arity: -2, [],
  .init(
    .server, since: "4.0.0", "A container for memory diagnostics commands",
    complexity: "Depends on subcommand."),
  subcommands: [
    Command(
      "memory|usage", arity: -3, [.readonly], keys: second,
      .init(
        .server, since: "4.0.0", "Estimate the memory usage of a key",
        complexity: "O(N) where N is the number of samples", .key,
        .integer("count", token: "SAMPLES").optional)
    ) {
      var samples: Int64 = 5
      var options = $0.arguments.dropFirst(3)
      while let option = options.popFirst() {
        guard option.isWord("samples"), let count = options.popFirst() else { throw CommandError.syntax }
        samples = try count.integer()
        guard samples >= 0 else { throw CommandError.syntax }
      }
      guard let stored = try $0.live($0.arguments[2]) else { return .null }
      return .integer(try $0.size(of: stored, $0.arguments[2], samples: Int(samples)))
    },
    Command(
      "memory|doctor", arity: 2, [],
      .init(.server, since: "4.0.0", "Says what stands out in the use of memory")
    ),
    Command(
      "memory|stats", arity: 2, [], .init(.server, since: "4.0.0", "Show memory usage details")),
    Command(
      "memory|purge", arity: 2, [],
      .init(.server, since: "4.0.0", "Asks the allocator to give memory back, which it does by itself")),
    Command(
      "memory|malloc-stats", arity: 2, [],
      .init(.server, since: "4.0.0", "Show allocator internal stats")),
    help("memory", since: "4.0.0"),
  ])

private func onObject(
  _ word: String, since: String = "2.2.3", _ summary: String,
  _ reply: @escaping @Sendable (inout Evaluation, StoredValue) throws -> Reply
) -> Command {
  Command(
    "object|\(word)", arity: 3, [.readonly], keys: second, .init(.generic, since: since, summary, .key)
  ) {
    guard let stored = try $0.live($0.arguments[2]) else { return .null }
    return try reply(&$0, stored)
  }
}

private let object = Command(
  "object", arity: -2, [],
  .init(
    .generic, since: "2.2.3", "A container for object introspection commands",
    complexity: "Depends on subcommand."),
  subcommands: [
    onObject("encoding", "Tells how Redis would keep the value") {
      .text(try $0.encoding(of: $1, $0.arguments[2]))
    },
    onObject("freq", since: "4.0.0", "Refused: the use of keys is not counted") { _, _ in
      .error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
          + "switching between policies at runtime LRU and LFU data will take some time to adjust.")
    },
    onObject("idletime", "Refused: the use of keys is not noted") { _, _ in
      .error("ERR The time since a key was last used is not tracked: nothing is ever evicted.")
    },
    onObject("refcount", "Tells how often the value is referred to, which is once") { _, _ in .integer(1) },
    Command(
      "object|help", arity: 2, [.loading, .stale],
      .init(.generic, since: "6.2.0", "Show helpful text about the different subcommands")),
  ])

private let slowLog = Command(
  "slowlog", arity: -2, [],
  .init(
    .server, since: "2.2.12", "A container for slow log commands", complexity: "Depends on subcommand."),
  subcommands: [
    Command(
      "slowlog|get", arity: -2, asked,
      .init(
        .server, since: "2.2.12", "Get the slow log's entries",
        complexity: "O(N) where N is the number of entries returned", .integer("count").optional)),
    Command(
      "slowlog|len", arity: 2, asked, .init(.server, since: "2.2.12", "Get the slow log's length")),
    Command(
      "slowlog|reset", arity: 2, asked,
      .init(.server, since: "2.2.12", "Clear all entries from the slow log")),
    help("slowlog", since: "6.2.0"),
  ])

private let latency = Command(
  "latency", arity: -2, [],
  .init(
    .server, since: "2.8.13", "A container for latency diagnostics commands",
    complexity: "Depends on subcommand."),
  subcommands: [
    Command(
      "latency|latest", arity: 2, ofServer,
      .init(.server, since: "2.8.13", "Return the latest latency samples for all events.")),
    Command(
      "latency|history", arity: 3, ofServer,
      .init(.server, since: "2.8.13", "Return timestamp-latency samples for the event.", .string("event"))),
    Command(
      "latency|reset", arity: -2, ofServer,
      .init(
        .server, since: "2.8.13", "Reset latency data for one or more events.",
        .string("event").optional.multiple)),
    Command(
      "latency|graph", arity: 3, ofServer,
      .init(.server, since: "2.8.13", "Return a latency graph for the event.", .string("event"))),
    Command(
      "latency|doctor", arity: 2, ofServer,
      .init(.server, since: "2.8.13", "Say what stands out in the latency.")),
    help("latency", since: "2.8.13"),
  ])
