/// What a node has counted since it started, for INFO.
struct Statistics {
  var connections: UInt64 = 0
  var commands: UInt64 = 0
  var writes: UInt64 = 0
  var inDoubt: UInt64 = 0
  var failovers: UInt64 = 0
}
