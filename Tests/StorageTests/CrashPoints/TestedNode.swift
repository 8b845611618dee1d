import Commands
import Replication
import SQLite
import SimulatedFiles
import Storage

/// A promise of the storage that was broken.
struct Finding: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

func demand(_ holds: Bool, _ finding: @autoclosure () -> String) throws {
  if !holds { throw Finding(finding()) }
}

/// The storage of a node on files that fail, and beside it what those files must hold.
final class TestedNode {
  static let directory = "/data/node"

  let files: SimulatedFiles
  private(set) var log: LogStore?
  private(set) var replica: ReplicaWriter?
  /// What log.db may hold; more than one while a write is under way. nil is no log yet.
  private(set) var possible: Set<LogState?> = [nil]
  /// What the replica has fsynced at least.
  private var durablyApplied: LogIndex = 0
  /// The entries that were trimmed, and may be in the replica alone.
  private var trimmed: [Entry] = []
  /// What the replica takes, or has taken, in place of entries.
  private var snapshot: TestedSnapshot?
  private var discarded: [DiscardedTail: [Entry]] = [:]

  init(seed: UInt64) { files = SimulatedFiles(seed: seed) }

  /// The one state that the log can be in.
  var state: LogState {
    get throws {
      guard possible.count == 1, let state = possible.first, let state else {
        throw Finding("the log's state is not known")
      }
      return state
    }
  }

  // MARK: Operations

  /// Starts the node as production does; `checking` also holds all it finds against what must be there.
  func start(checking: Bool = false) throws {
    let log = try LogStore.open(directory: Self.directory, on: files) {
      try demand(possible.contains(nil), "the log is gone")
      possible.insert(LogState(address: Samples.identity.listenAddress))
      return Samples.identity
    }
    possible.remove(nil)
    let reader = try LogReader(directory: Self.directory, on: files)
    if checking { try checkLog(reader) }
    let replica = try ReplicaWriter.open(directory: Self.directory, node: log.identity.id, on: files)
    try finishInstallation(log, replica)
    if checking { try checkReplica() }
    try replica.catchUp(with: reader, upTo: log.commit)
    if checking { try checkReplica() }
    let recovered = try log.recover(applied: replica.applied)
    if checking { try checkRecovered(recovered) }
    self.log = log
    self.replica = replica
  }

  /// Closes all files, in good order if nothing is broken.
  func stop() {
    log = nil
    replica = nil
  }

  func write(_ batch: [LogWrite]) throws {
    let before = try state
    let after = before.after(batch)
    possible = [before, after]
    let tails = try opened(log).write(batch)
    possible = [after]
    for tail in tails { discarded[tail] = before.entries.filter { $0.index >= tail.first } }
  }

  /// Appends at the end, in the epoch of the last entry or a later one.
  func append(_ payloads: [Entry.Payload], epoch: Epoch? = nil, commit: LogIndex? = nil) throws {
    let state = try state
    let epoch = epoch ?? max(state.epoch, Samples.first)
    let entries = payloads.enumerated().map {
      Entry(index: state.lastIndex + 1 + LogIndex($0.offset), epoch: epoch, time: 5, payload: $0.element)
    }
    try write([LogWrite(ticket: 1, entries: entries, commit: commit ?? 0)])
  }

  func setListenAddress(_ address: String) throws {
    let before = try state
    var after = before
    after.address = address
    possible = [before, after]
    try opened(log).setListenAddress(address)
    possible = [after]
  }

  func apply() throws {
    let state = try state
    let replica = try opened(replica)
    try replica.apply(
      state.entries.filter { $0.index > replica.applied && $0.index <= state.commit })
  }

  /// Drops the entries up to an index, two at a time.
  func trim(upTo index: LogIndex) throws {
    let replica = try opened(replica).makeDurable()
    durablyApplied = replica.applied
    let before = try state
    trimmed += before.entries.filter { $0.index <= index }
    var next = before
    while next.base.index < index {
      let before = next
      next = before.trimmed(upTo: min(index, before.base.index + 2))
      possible = [before, next]
      try opened(log).trim(upTo: index, within: replica, limit: 2)
    }
    possible = [next]
  }

  /// Takes all of a copy in parts and checks it; nothing is installed yet.
  func receive(_ snapshot: TestedSnapshot) throws {
    self.snapshot = snapshot
    let files = SnapshotFiles(directory: Self.directory, on: files)
    var next = Int(try files.open(snapshot.description))
    while next < snapshot.bytes.count {
      let end = min(next + 5_000, snapshot.bytes.count)
      try files.store(Array(snapshot.bytes[next..<end]), of: snapshot.description, at: UInt64(next))
      next = end
    }
    try files.check(snapshot.description)
  }

  /// Lets replica and log take a copy that was received, as production does.
  func install(_ snapshot: TestedSnapshot) throws {
    let before = try state
    let base = snapshot.description.base
    let after = before.after([LogWrite(ticket: 1, installed: base)])
    possible = [before, after]
    let path = SnapshotFiles(directory: Self.directory, on: files).incomingPath(of: snapshot.description)
    try opened(log).willInstall(base)
    _ = try opened(replica).install(path, standingAt: base)
    durablyApplied = base.index
    let tails = try opened(log).write([LogWrite(ticket: 1, installed: base)])
    possible = [after]
    for tail in tails { discarded[tail] = before.entries.filter { $0.index >= tail.first } }
  }

  private func finishInstallation(_ log: LogStore, _ replica: ReplicaWriter) throws {
    let before = try state
    var after = before
    if let base = snapshot?.description.base, replica.standing == base { after.install(base) }
    possible = [before, after]
    try log.finishInstallation(by: replica.standing)
    possible = [after]
  }

  /// Makes a copy of the replica.
  @discardableResult
  func copyReplica() throws -> SnapshotDescription {
    try SnapshotFiles(directory: Self.directory, on: files).make(standingAtLeast: 0)
  }

  /// Puts the files of an older release in place of the node's.
  func install(format: Int) throws {
    for (directory, parent) in [("/data", "/"), (Self.directory, "/data")] {
      try files.makeDirectory(directory)
      try files.synchronizeDirectory(parent)
    }
    for fixture in try Fixtures.node(ofFormat: format, in: Self.directory) {
      let file = try SQLiteConnection(path: fixture.path, mode: .create, vfs: files.sqliteVFS)
      try file.execute("PRAGMA journal_mode = WAL")
      try file.execute(fixture.sql)
      // The commit index on disk may lag behind; here it must say what the replica may hold.
      if fixture.path == DataDirectory.log(in: Self.directory) {
        try file.execute("UPDATE node SET commit_index = 12")
      }
      try file.close()
    }
    try files.synchronizeDirectory(Self.directory)
    possible = [try LogState(LogReader(directory: Self.directory, on: files))]
    durablyApplied = try ReplicaReader(directory: Self.directory, on: files).appliedIndex()
  }

  func checkpointLog() throws { try opened(log).checkpoint() }

  func checkpointReplica() throws {
    let replica = try opened(replica)
    try replica.checkpoint()
    durablyApplied = replica.applied
  }

  /// Removes the replica's files, as a person does.
  func loseReplica() throws {
    for file in files.paths where file.hasPrefix(DataDirectory.replica(in: Self.directory)) {
      try files.remove(file)
    }
    try files.synchronizeDirectory(Self.directory)
    durablyApplied = 0
  }

  // MARK: What must hold

  /// After a failed write nothing may be written any more (design 4.11).
  func checkRefusal() throws {
    guard let log, let replica else { return }
    let refusals = [
      try Self.refuses { _ = try log.write([LogWrite(ticket: 9)]) },
      try Self.refuses { try replica.apply([]) },
    ]
    try demand(refusals.contains(true), "a write failed, and neither file refuses the next one")
  }

  private static func refuses(_ write: () throws -> Void) throws -> Bool {
    do { try write() } catch let error as StorageError {
      try demand(error.kind == .stopped, "a file failed anew instead of refusing: \(error)")
      return true
    }
    return false
  }

  private func checkLog(_ reader: LogReader) throws {
    let state = try LogState(reader)
    try demand(possible.contains(state), "the log holds \(state), and not one of \(possible)")
    possible = [state]
    try checkIntegrity(reader.path)
    let connection = try SQLiteConnection(path: reader.path, mode: .readOnly, vfs: files.sqliteVFS)
    let parts = state.entries.reduce(into: 0) { count, entry in
      if case .mutations(let mutations) = entry.payload, mutations.count > 1 { count += mutations.count }
    }
    try demand(try connection.integer("SELECT count(*) FROM log_part") == Int64(parts), "half a transaction")
    let checksums = try connection.prepare(#"SELECT checksum FROM log ORDER BY "index""#)
    var checksum = state.base.checksum
    for entry in state.entries {
      checksum = EntryChecksum.next(after: checksum, entry)
      try demand(try checksums.step() && checksums.bits(0) == checksum, "the chain breaks at \(entry.index)")
    }
    for (tail, entries) in discarded {
      let kept = try LogReader(path: tail.path, on: files)
      try demand(
        try kept.entries(from: tail.first + 1, limitBytes: .max, limitCount: .max)
          == Array(entries.dropFirst()),
        "\(tail.path) does not hold what was cut")
      try checkIntegrity(tail.path)
    }
  }

  private func checkReplica() throws {
    let state = try state
    try checkIntegrity(DataDirectory.replica(in: Self.directory))
    let reader = try ReplicaReader(directory: Self.directory, on: files)
    let applied = try reader.appliedIndex()
    try demand(applied >= durablyApplied, "the replica has lost entries that it had fsynced")
    try demand(applied <= state.commit, "the replica is ahead of the log")
    let standing = try reader.standing()
    let isFromSnapshot = (snapshot?.description.base).map { $0 == state.base || $0 == standing }
    let history = isFromSnapshot == true ? snapshot!.entries : trimmed
    let gone = history.filter { $0.index <= state.base.index }
    let expected = replay((gone + state.entries).prefix(Int(applied)))
    try demand(try reader.everything() == expected, "the replica is not the log's replay up to \(applied)")
    try demand(try reader.count() == expected.count(), "the replica's count of keys is wrong")
    let verdict = try reader.verify()
    try demand(verdict.isSound, "the rows do not fit their checksums: \(verdict)")
  }

  private func checkRecovered(_ recovered: RecoveredState) throws {
    let state = try state
    try demand(recovered.lastIndex == state.lastIndex, "recovered another last index")
    try demand(recovered.hardState == state.hardState, "recovered another hard state")
    try demand(recovered.commit == state.commit, "recovered another commit index")
    try demand(
      recovered.unapplied == state.entries.filter { $0.index > recovered.applied }, "recovered other entries")
    try demand(recovered.reigns.last?.epoch ?? .zero == state.epoch, "recovered other reigns")
  }

  private func checkIntegrity(_ path: String) throws {
    let connection = try SQLiteConnection(path: path, mode: .readOnly, vfs: files.sqliteVFS)
    let rows = try connection.prepare("PRAGMA integrity_check")
    try demand(try rows.step() && rows.text(0) == "ok", "\(path) is malformed: \(rows.text(0))")
  }

  private func opened<Part>(_ part: Part?) throws -> Part {
    guard let part else { throw Finding("the node is not started") }
    return part
  }
}
