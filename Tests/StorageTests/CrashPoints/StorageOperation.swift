import Replication
import SimulatedFiles
import Storage
import Testing

/// An operation of the storage whose every system call is a crash point.
struct StorageOperation: Sendable, CustomTestStringConvertible {
  let name: String
  /// What came before, without faults.
  let before: @Sendable (TestedNode) throws -> Void
  let run: @Sendable (TestedNode) throws -> Void
  /// How many system calls it makes at least; with fewer the test would prove nothing.
  let leastPoints: Int
  /// Whether it writes log.db or replica.db, which are written no more once that has failed.
  let writesStores: Bool

  var testDescription: String { name }

  init(
    _ name: String, after before: @escaping @Sendable (TestedNode) throws -> Void,
    leastPoints: Int = 3, writesStores: Bool = true, run: @escaping @Sendable (TestedNode) throws -> Void
  ) {
    self.name = name
    self.before = before
    self.leastPoints = leastPoints
    self.writesStores = writesStores
    self.run = run
  }

  static let all: [StorageOperation] = [
    StorageOperation("creation of both files", after: { _ in }) { try $0.start() },
    StorageOperation("append", after: aSmallLog) { try $0.append([put("a", "new")]) },
    StorageOperation("append of a transaction", after: aSmallLog) {
      try $0.append([
        .mutations((0..<40).map { .put([UInt8($0)], [UInt8](repeating: UInt8($0), count: 300)) })
      ])
    },
    StorageOperation("append of a large value", after: aSmallLog) {
      try $0.append([.mutations([.put([1], [UInt8](repeating: 0xFE, count: 60_000))])])
    },
    StorageOperation("a batch of appends, a promise and a commit index", after: aSmallLog) {
      let last = try $0.state.lastIndex
      try $0.write([
        LogWrite(ticket: 1, entries: [Samples.put(last + 1, "a", "1", epoch: Samples.second)]),
        LogWrite(ticket: 2, hardState: HardState(promised: Samples.second, highestRound: 4), commit: last),
        LogWrite(
          ticket: 3, entries: [Samples.entry(last + 2, [.delete([1]), .put([2], [])], epoch: Samples.second)]),
      ])
    },
    StorageOperation("a promise", after: aSmallLog) {
      try $0.write([LogWrite(ticket: 1, hardState: HardState(promised: Samples.second, highestRound: 9))])
    },
    StorageOperation("the listen address", after: aSmallLog) { try $0.setListenAddress("10.0.0.9:7") },
    StorageOperation("append after a checkpoint", after: aCheckpointedLog) {
      try $0.append([put("b", "new")])
    },
    StorageOperation("cut", after: aSmallLog) { try cut($0) },
    StorageOperation(
      "cut where one was cut before",
      after: {
        try aSmallLog($0)
        try cut($0)
      }
    ) { try cut($0) },
    StorageOperation("apply", after: aSmallLog) { try $0.apply() },
    StorageOperation(
      "apply after a checkpoint",
      after: {
        try aCheckpointedLog($0)
        try $0.append([put("user:1", "again"), put("x", "y")], commit: 3)
        let last = try $0.state.lastIndex
        try $0.write([LogWrite(ticket: 1, commit: last)])
      }
    ) { try $0.apply() },
    StorageOperation("append of changes of members", after: aSmallLog) {
      try $0.append([.mutations(Members.made), .mutations(Members.changed)])
    },
    StorageOperation("apply of members", after: { try aLog(of: [.mutations(Members.made)], $0) }) {
      try $0.apply()
    },
    StorageOperation(
      "apply of changes and removals of members",
      after: {
        try aLog(of: [.mutations(Members.made)], $0)
        try $0.apply()
        try commit([.mutations(Members.changed)], $0)
      }
    ) { try $0.apply() },
    StorageOperation(
      "apply of the end of all keys",
      after: {
        try aLog(of: [.mutations(Members.made)], $0)
        try $0.apply()
        try commit([.mutations([Mutation(operation: .clear, key: [])]), put("k", "v")], $0)
      }
    ) { try $0.apply() },
    StorageOperation("trim", after: anAppliedLog) { try $0.trim(upTo: 3) },
    StorageOperation("append after a trim", after: aTrimmedLog) { try $0.append([put("user:1", "new")]) },
    StorageOperation("cut right after the base", after: aTrimmedLog) { node in
      let state = try node.state
      try node.write([
        LogWrite(
          ticket: 1, truncateFrom: 5,
          entries: [Samples.noop(5, epoch: Epoch(round: state.epoch.round + 1, master: NodeID(3)))])
      ])
    },
    StorageOperation("making of a copy", after: anAppliedLog, writesStores: false) { try $0.copyReplica() },
    StorageOperation("receipt of a snapshot", after: anAppliedLog, writesStores: false) {
      try $0.receive(.later())
    },
    StorageOperation("installation over a shorter log", after: { try receive(.later(), $0) }) {
      try $0.install(.later())
    },
    StorageOperation("installation over another tail", after: { try receive(.other(), $0) }) {
      try $0.install(.other())
    },
    StorageOperation("installation over a log that holds it", after: { try receive(.held(), $0) }) {
      try $0.install(.held())
    },
    StorageOperation(
      "installation in an empty node",
      after: {
        try $0.start()
        try $0.receive(.later())
      }
    ) { try $0.install(.later()) },
    StorageOperation(
      "installation over a trimmed log",
      after: {
        try aTrimmedLog($0)
        try $0.receive(.later())
      }
    ) {
      try $0.install(.later())
    },
    StorageOperation(
      "append after an installation",
      after: {
        try receive(.later(), $0)
        try $0.install(.later())
      }
    ) { try $0.append([put("a", "new")]) },
    StorageOperation("migration of both files", after: { try $0.install(format: 1) }) { try $0.start() },
    StorageOperation("migration of both files from the second format", after: { try $0.install(format: 2) }) {
      try $0.start()
    },
    StorageOperation("checkpoint of the log", after: aSmallLog) { try $0.checkpointLog() },
    StorageOperation(
      "checkpoint of the replica",
      after: {
        try aSmallLog($0)
        try $0.apply()
      }
    ) { try $0.checkpointReplica() },
    // As a commit does by itself once the -wal file has grown; the pages to get there would take minutes here.
    StorageOperation("append and a checkpoint", after: aSmallLog) {
      try $0.append([put("c", "new")])
      try $0.checkpointLog()
    },
    StorageOperation("an orderly stop", after: aSmallLog) { $0.stop() },
    StorageOperation(
      "start after a kill",
      after: {
        try aSmallLog($0)
        try $0.apply()
        $0.files.kill()
        $0.stop()
      }
    ) { try $0.start() },
    StorageOperation(
      "start after a power cut",
      after: {
        try aSmallLog($0)
        try $0.apply()
        $0.files.powerCut(keeping: .some(seed: 3))
        $0.stop()
      }
    ) { try $0.start() },
    StorageOperation(
      "rebuilding a lost replica",
      after: {
        try aSmallLog($0)
        try $0.apply()
        $0.stop()
        try $0.loseReplica()
      }
    ) { try $0.start() },
  ]
}

private func put(_ key: String, _ value: String) -> Entry.Payload {
  .mutations([.put(Array(key.utf8), Array(value.utf8))])
}

private func cut(_ node: TestedNode) throws {
  let state = try node.state
  try node.write([
    LogWrite(
      ticket: 1, truncateFrom: 5,
      entries: [Samples.noop(5, epoch: Epoch(round: state.epoch.round + 1, master: NodeID(3)))], commit: 4)
  ])
}

/// An entry of each kind, of which six are committed and none is applied, all in the -wal files.
private func aSmallLog(_ node: TestedNode) throws {
  try node.start()
  try node.write([LogWrite(ticket: 1, entries: Samples.everyKind, commit: 4)])
}

/// The same, with all that is committed applied.
private func anAppliedLog(_ node: TestedNode) throws {
  try aSmallLog(node)
  try node.apply()
}

/// The same, with the whole of a snapshot beside it.
private func receive(_ snapshot: @autoclosure () throws -> TestedSnapshot, _ node: TestedNode) throws {
  try anAppliedLog(node)
  try node.receive(try snapshot())
}

/// A log that begins after the last entry that is committed.
private func aTrimmedLog(_ node: TestedNode) throws {
  try anAppliedLog(node)
  try node.trim(upTo: 4)
}

/// The same, all in the databases, so that the next write begins the -wal files anew.
private func aCheckpointedLog(_ node: TestedNode) throws {
  try aSmallLog(node)
  try node.apply()
  try node.checkpointLog()
  try node.checkpointReplica()
}

/// Changes of members of a hash, a set and a list.
private enum Members {
  static let made = (0..<30).flatMap { number -> [Mutation] in
    let name = [UInt8(number) &* 9]
    return [
      Mutation(operation: .setField, key: [0xFF, 1], member: name, value: [UInt8](repeating: 7, count: 90)),
      Mutation(operation: .addMember, key: Array("s".utf8), member: name),
      Mutation(operation: .setElement, key: Array("l".utf8), member: name, value: []),
    ]
  }

  static let changed =
    [
      Mutation.delete(Array("l".utf8)), .put(Array("s".utf8), [1]),
      Mutation(operation: .expire, key: [0xFF, 1], expiresAt: 5),
    ]
    + made.filter { $0.operation == .setField }.dropFirst(3).map { mutation in
      Mutation(operation: .deleteField, key: mutation.key, member: mutation.member)
    }
}

/// Entries that are committed and not applied.
private func commit(_ payloads: [Entry.Payload], _ node: TestedNode) throws {
  try node.append(payloads)
  let last = try node.state.lastIndex
  try node.write([LogWrite(ticket: 1, commit: last)])
}

/// An entry of each kind and more, all committed, and none applied.
private func aLog(of payloads: [Entry.Payload], _ node: TestedNode) throws {
  try aSmallLog(node)
  try commit(payloads, node)
}
