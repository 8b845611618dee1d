/// The commands on which master leads, for clients that follow it by the Sentinel protocol; the node answers them.
let sentinelCommands: [Command] = []
