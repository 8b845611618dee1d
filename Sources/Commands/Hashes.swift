/// The commands on values that are hashes.
let hashCommands: [Command] = []
