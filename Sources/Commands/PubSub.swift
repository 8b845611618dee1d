/// The commands on messages between clients; the node answers them.
let pubsubCommands: [Command] = []
