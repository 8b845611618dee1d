/// The commands on values that are sets.
let setCommands: [Command] = []
