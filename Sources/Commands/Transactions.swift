/// The commands on several commands as one; the server answers them.
let transactionCommands: [Command] = []
