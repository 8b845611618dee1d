/// The commands on users and what they may do; the node answers them.
let accessCommands: [Command] = []
