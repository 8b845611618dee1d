import Commands

/// What happens next between clients and nodes.
enum ClientStep {
  /// A client has thought for long enough.
  case wake(client: Int)
  /// Commands reach a node.
  case requests([[[UInt8]]], Connection)
  /// Replies reach their client.
  case replies([Reply], Connection)
  /// The client learns that the node has closed the connection, or is gone.
  case closed(Connection)
  /// The patience of the client for the first so many of its requests is over.
  case patience(Connection, asked: Int)
  /// From now on some node's clock may say that the key has ended.
  case mayEnd(key: [UInt8], at: Int64)
}

/// What reaches a node from its clients, and from other nodes on behalf of theirs.
enum ServiceInput {
  case requests([[[UInt8]]], Connection)
  /// The client's end is gone, or the node's own was closed.
  case gone(Connection)
  case endOfGrace(Connection)
  /// Something may have waited for too long.
  case expire
  /// The applier has finished up to here.
  case applied(UInt64)
  case question(ReadFrame)
}
