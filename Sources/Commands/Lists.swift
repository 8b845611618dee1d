/// The commands on values that are lists.
let listCommands: [Command] = []
