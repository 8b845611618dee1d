/// The commands on values that are sorted sets.
let sortedSetCommands: [Command] = []
