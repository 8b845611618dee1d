/// The commands on how the server is; the node answers them.
let monitoringCommands: [Command] = []
