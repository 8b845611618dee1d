import Commands
import Replication
import SimulatedFiles
import Storage

/// The real storage of one node, on files that lose power: log.db and replica.db as production writes them.
///
/// It stands beside the plain model of a disk, which says what it must hold; whatever differs is a finding.
final class StoredDisk {
  /// What the storage did that it must not.
  private(set) var finding: String?
  /// The log as it was found at the last start.
  private(set) var found = FakeDisk.Contents()

  private static let directory = "/node"
  private let files: SimulatedFiles
  private var dice: Dice
  private var parts: Parts?
  private let history: (LogIndex) -> [Entry]
  private var copies: SnapshotFiles { SnapshotFiles(directory: Self.directory, on: files) }

  private struct Parts {
    var log: LogStore
    var reader: LogReader
    var replica: ReplicaWriter
  }

  init(seed: UInt64, history: @escaping (LogIndex) -> [Entry] = { _ in [] }) {
    self.history = history
    files = SimulatedFiles(seed: seed)
    dice = Dice(seed: seed)
    open()
  }

  // MARK: What production does

  /// Writes and fsyncs a batch.
  func write(_ batch: [LogWrite]) {
    attempt {
      try $0.log.write(batch)
      if dice.chance(percent: 2) { try $0.log.checkpoint() }
    }
  }

  /// Applies the log up to an index.
  func apply(upTo index: LogIndex) {
    attempt {
      try $0.replica.catchUp(with: $0.reader, upTo: index)
      if dice.chance(percent: 4) { try $0.replica.checkpoint() }
    }
  }

  /// Drops the entries up to an index.
  func trim(upTo index: LogIndex) {
    attempt {
      let replica = try $0.replica.makeDurable()
      while $0.log.base.index < index { try $0.log.trim(upTo: index, within: replica, limit: 16) }
    }
  }

  // MARK: Snapshots

  /// Makes a copy of the replica, or finds one.
  func makeCopy() -> SnapshotDescription? {
    var made: SnapshotDescription?
    attempt { made = try copies.make(standingAtLeast: $0.log.base.index) }
    return made
  }

  func removeCopies() { attempt { _ in try copies.removeCopies() } }

  func readCopy(_ snapshot: SnapshotDescription, at offset: UInt64, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    attempt { _ in bytes = try copies.read(snapshot, at: offset, count: count) }
    return bytes
  }

  /// How much of another node's copy is here.
  func openIncoming(_ snapshot: SnapshotDescription) -> UInt64 {
    var next: UInt64 = 0
    attempt { _ in next = try copies.open(snapshot) }
    return next
  }

  func store(_ bytes: [UInt8], of snapshot: SnapshotDescription, at offset: UInt64) {
    attempt { _ in try copies.store(bytes, of: snapshot, at: offset) }
  }

  func removeIncoming() { attempt { _ in try copies.removeIncoming() } }

  /// Whether a copy that has come is what was sent.
  func checkIncoming(_ snapshot: SnapshotDescription) -> Bool { (try? copies.check(snapshot)) != nil }

  /// Notes a snapshot in the log and lets the replica take it.
  func install(_ snapshot: SnapshotDescription) {
    attempt {
      try $0.log.willInstall(snapshot.base)
      _ = try $0.replica.install(copies.incomingPath(of: snapshot), standingAt: snapshot.base)
    }
  }

  /// What a starting node recovers.
  func recovered() throws -> RecoveredState {
    guard let parts else { throw FakeDisk.Damage(index: 0, finding: finding) }
    return try parts.log.recover(applied: parts.replica.applied)
  }

  /// Entries from an index on, as a fetch reads them.
  func entries(from first: LogIndex, limitBytes: Int) throws -> [Entry] {
    try parts?.reader.entries(from: first, limitBytes: limitBytes, limitCount: .max) ?? []
  }

  var applied: LogIndex { parts?.replica.applied ?? 0 }

  private func attempt(_ body: (Parts) throws -> Void) {
    guard let parts, finding == nil else { return }
    do { try body(parts) } catch { finding = "the storage fails on a healthy disk: \(error)" }
  }

  // MARK: Crashes

  /// The node dies while it writes a batch: at some system call of it, in the process alone or in the whole
  /// machine, with any part of what was not fsynced on the disk. Then its files are opened again.
  ///
  /// - Parameters:
  ///   - known: What was durable before the batch.
  ///   - rotten: Entries that have decayed in the model alone.
  ///   - installing: What the replica has taken, and the log not yet.
  ///   - pending: What the replica was about to take.
  func crash(
    during batch: [LogWrite], after known: FakeDisk.Contents, rotten: [LogIndex], installing: LogBase? = nil,
    pending: SnapshotDescription? = nil
  ) {
    var possible = [known]
    if let installing { possible[0].install(installing, history: history) }
    if !batch.isEmpty {
      var after = known
      for write in batch { after.take(write, history: history) }
      possible.append(after)
      files.inject(drawFault(), at: 1 + dice.below(14))
      _ = try? parts?.log.write(batch)
    } else if let pending, dice.chance(percent: 70), checkIncoming(pending) {
      var after = known
      after.install(pending.base, history: history)
      possible.append(after)
      files.inject(drawFault(), at: 1 + dice.below(60))
      // A node that could not note it takes nothing.
      if let parts, (try? parts.log.willInstall(pending.base)) != nil {
        _ = try? parts.replica.install(copies.incomingPath(of: pending), standingAt: pending.base)
      }
    }
    if dice.chance(percent: 30) {
      files.kill()
    } else {
      files.powerCut(keeping: drawSurvival())
    }
    parts = nil
    files.makeRoom()
    open()
    guard finding == nil else { return }
    let sound = found.entries.filter { !rotten.contains($0.index) }
    guard
      possible.contains(where: {
        $0.hardState == found.hardState && $0.entries.count == found.entries.count
          && $0.entries.filter { !rotten.contains($0.index) } == sound
      })
    else {
      finding =
        "the log holds \(found.entries.count) entries and \(found.hardState) after a crash, and must hold "
        + possible.map { "\($0.entries.count) and \($0.hardState)" }.joined(separator: " or ")
      return
    }
  }

  private func drawFault() -> Fault {
    switch dice.below(8) {
    case 0: .inputOutput
    case 1: .noSpace
    case 2: .shortWrite
    case 3: .failedSync(cacheKept: dice.chance(percent: 50))
    default: .crash
    }
  }

  private func drawSurvival() -> Survival {
    switch dice.below(5) {
    case 0: .nothing
    case 1: .everything
    default: .some(seed: dice.bits())
    }
  }

  /// Forgets the promises, as a disk would that acknowledges without fsync.
  func forget(_ hardState: HardState) {
    attempt { try $0.log.write([LogWrite(ticket: 1, hardState: hardState)]) }
  }

  // MARK: Opening

  private func open() {
    do {
      let identity = NodeIdentity(id: NodeID(1), name: "simulated", role: .slave, createdAt: 0)
      let log = try LogStore.open(directory: Self.directory, on: files) { identity }
      let reader = try LogReader(directory: Self.directory, on: files)
      let replica = try ReplicaWriter.open(directory: Self.directory, node: identity.id, on: files)
      try log.finishInstallation(by: replica.standing)
      found = FakeDisk.Contents()
      found.base = log.base.index
      found.entries = history(log.base.index)
      found.take(
        LogWrite(
          ticket: 1,
          entries: try reader.entries(from: log.base.index + 1, limitBytes: .max, limitCount: .max),
          hardState: log.hardState, commit: log.commit), history: history)
      try checkReplica(upTo: replica.applied)
      try replica.catchUp(with: reader, upTo: log.commit)
      try checkReplica(upTo: replica.applied)
      parts = Parts(log: log, reader: reader, replica: replica)
    } catch {
      finding = finding ?? "the storage does not open after a crash: \(error)"
    }
  }

  /// The replica is the log's replay.
  private func checkReplica(upTo applied: LogIndex) throws {
    let reader = try ReplicaReader(directory: Self.directory, on: files)
    var expected = PlainKeyspace()
    for entry in found.entries.prefix(Int(applied)) {
      if case .mutations(let mutations) = entry.payload { expected.apply(mutations, at: entry.index) }
    }
    var stored = PlainKeyspace()
    for key in try reader.keys(after: nil, limit: .max).map(\.key) {
      guard let value = try reader.value(for: key) else { continue }
      let members = try reader.members(of: key, after: nil, limit: .max)
      stored.set(
        key,
        Commands.StoredValue(
          type: value.type, value: value.value, memberCount: value.memberCount,
          version: UInt64(value.version), createdIndex: value.createdIndex,
          modifiedIndex: value.modifiedIndex, expiresAt: value.expiresAt),
        members: Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) }))
    }
    guard stored == expected, applied <= LogIndex(found.entries.count) else {
      throw FakeDisk.Damage(
        index: applied, finding: "replica.db at index \(applied) is not what the log makes of it")
    }
  }
}
