import Replication
import SQLite

/// The one row of the table `node`: who the node is, and what it must never forget.
struct NodeRow: Hashable {
  var identity: NodeIdentity
  var hardState: HardState
  var commit: LogIndex

  static func insert(_ identity: NodeIdentity, into connection: SQLiteConnection) throws {
    try insert(NodeRow(identity: identity, hardState: HardState(), commit: 0), into: connection)
  }

  static func insert(_ row: NodeRow, into connection: SQLiteConnection) throws {
    let statement = try connection.prepare("INSERT INTO node VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    let (identity, hardState) = (row.identity, row.hardState)
    try statement.bind(identity.id.description, at: 1)
    try statement.bind(identity.name, at: 2)
    try statement.bind(identity.role?.rawValue ?? "", at: 3)
    if let address = identity.listenAddress {
      try statement.bind(address, at: 4)
    } else {
      statement.bindNull(at: 4)
    }
    statement.bind(identity.createdAt, at: 5)
    if let cluster = hardState.cluster {
      try statement.bind(cluster.description, at: 6)
    } else {
      statement.bindNull(at: 6)
    }
    statement.bind(bits: hardState.promised.round, at: 7)
    statement.bind(bits: hardState.promised.master.rawValue, at: 8)
    statement.bind(bits: hardState.highestRound, at: 9)
    statement.bind(bits: row.commit, at: 10)
    try statement.run()
  }

  static func read(_ connection: SQLiteConnection) throws -> NodeRow {
    let row = try connection.prepare(
      """
      SELECT id, name, role, listen_address, created_at, cluster, promised_round, promised_master,
        highest_round, commit_index
      FROM node
      """)
    guard try row.step(), let id = NodeID(text: row.text(0)) else { throw damage(connection.path) }
    let role = NodeRole(rawValue: row.text(2))
    guard role != nil || row.text(2).isEmpty else { throw damage(connection.path) }
    let cluster = row.isNull(5) ? nil : ClusterID(text: row.text(5))
    guard row.isNull(5) || cluster != nil else { throw damage(connection.path) }
    return NodeRow(
      identity: NodeIdentity(
        id: id, name: row.text(1), role: role, listenAddress: row.isNull(3) ? nil : row.text(3),
        createdAt: row.integer(4)),
      hardState: HardState(
        cluster: cluster, promised: Epoch(round: row.bits(6), master: NodeID(row.bits(7))),
        highestRound: row.bits(8)),
      commit: row.bits(9))
  }

  private static func damage(_ path: String) -> StorageError {
    StorageError(
      .damaged, path,
      """
      \(path) does not say which node it belongs to: its table 'node' is damaged. Move the directory away \
      and start the node empty, so that the others fill it again.
      """)
  }
}
