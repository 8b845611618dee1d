/// The commands on how the server is; the node answers them.
let monitoringCommands: [Command] = [
  Command(
    "monitor", arity: 1, [.admin, .noScript, .loading, .stale, .noMulti],
    .init(.server, since: "1.0.0", "Listen for all requests received by the server in real time"))
]
