private let aboutMasters: CommandFlags = [.noScript, .loading, .stale, .fast]
/// While no master is confirmed the answer waits for one, for a moment.
private let asksForMaster: CommandFlags = [.noScript, .loading, .stale, .noMulti]
private let changesMasters: CommandFlags = [.admin, .noScript, .loading, .stale, .noMulti]
private let masterName = CommandArgument.string("master-name")

/// The commands on which master leads, for clients that follow it by the Sentinel protocol; the node answers them.
let sentinelCommands: [Command] = [
  Command(
    "sentinel", arity: -2, [],
    .init(
      .sentinel, since: "2.8.4", "A container for commands on which master leads",
      complexity: "Depends on subcommand."),
    subcommands: [
      Command(
        "sentinel|get-master-addr-by-name", arity: 3, asksForMaster,
        .init(.sentinel, since: "2.8.4", "Returns the address of the active master", masterName)),
      Command(
        "sentinel|masters", arity: 2, asksForMaster,
        .init(
          .sentinel, since: "2.8.4",
          "Returns the active master, or nothing while none is confirmed in the current epoch")),
      Command(
        "sentinel|master", arity: 3, asksForMaster,
        .init(.sentinel, since: "2.8.4", "Returns the state of the active master", masterName)),
      Command(
        "sentinel|replicas", arity: 3, aboutMasters,
        .init(
          .sentinel, since: "5.0.0", "Returns the slaves, and the masters on standby",
          complexity: "O(N) where N is the number of nodes", masterName)),
      Command(
        "sentinel|slaves", arity: 3, aboutMasters,
        .init(
          .sentinel, since: "2.8.0", "Returns the slaves, and the masters on standby",
          complexity: "O(N) where N is the number of nodes", masterName)),
      Command(
        "sentinel|sentinels", arity: 3, aboutMasters,
        .init(
          .sentinel, since: "2.8.4", "Returns the other nodes, all of which answer these commands",
          complexity: "O(N) where N is the number of nodes", masterName)),
      Command(
        "sentinel|ckquorum", arity: 3, aboutMasters,
        .init(.sentinel, since: "2.8.4", "Checks whether a failover would find its quorum now", masterName)),
      Command(
        "sentinel|failover", arity: 3, changesMasters,
        .init(
          .sentinel, since: "2.8.4", "Hands the lead over to another master; the same as KV.ADMIN TRANSFER",
          masterName)),
      Command(
        "sentinel|myid", arity: 2, aboutMasters,
        .init(.sentinel, since: "6.2.0", "Returns the id of this node")),
      Command(
        "sentinel|is-master-down-by-addr", arity: 6, aboutMasters,
        .init(
          .sentinel, since: "2.8.4", "Tells whether this node has no way to the master at an address",
          .string("ip"), .integer("port"), .integer("current-epoch"), .string("runid"))),
      Command(
        "sentinel|reset", arity: 3, changesMasters,
        .init(.sentinel, since: "2.8.4", "Refused: the members stand in the log", .string("pattern"))),
      Command(
        "sentinel|monitor", arity: 6, changesMasters,
        .init(
          .sentinel, since: "2.8.4", "Refused: a node tells of its own cluster only", .string("name"),
          .string("ip"), .integer("port"), .integer("quorum"))),
      Command(
        "sentinel|remove", arity: 3, changesMasters,
        .init(.sentinel, since: "2.8.4", "Refused: a node tells of its own cluster only", masterName)),
      Command(
        "sentinel|set", arity: -5, changesMasters,
        .init(
          .sentinel, since: "2.8.4", "Refused: options are given when a node starts", masterName,
          .block("data", .string("option"), .value).multiple)),
      Command(
        "sentinel|help", arity: 2, [.loading, .stale],
        .init(.sentinel, since: "6.2.0", "Show helpful text about the different subcommands")),
    ])
]
