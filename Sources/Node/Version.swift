/// The release.
public let kvorumVersion = "0.1.0"

/// The release of Redis whose protocol and replies are spoken, as clients want to know it.
let redisVersion = "7.4.0"
