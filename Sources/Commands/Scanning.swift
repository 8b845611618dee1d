/// The commands on all keys.
let scanningCommands: [Command] = []
