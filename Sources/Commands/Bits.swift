/// The commands on the bits of strings.
let bitCommands: [Command] = []
