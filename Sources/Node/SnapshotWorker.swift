import Foundation
import Replication
import Storage

/// Does what the core wants done with copies of replicas, on a thread of its own: each step takes long (design 4.9).
final class SnapshotWorker: Sendable {
  private enum Item: Sendable {
    /// What the core wants; with the entry after which the log begins, since after an older copy nobody could go on from
    /// this log.
    case task(SnapshotTask, base: LogIndex)
    /// Entries are about to be trimmed.
    case archive(upTo: LogIndex, @Sendable (LogIndex?) -> Void)
    /// A copy for a person.
    case export(ExportStep, @Sendable (Result<ExportAnswer, any Error>) -> Void)
  }

  /// A step of giving a copy to a client.
  enum ExportStep: Sendable {
    case begin
    case read(id: UInt64, offset: UInt64, count: Int)
    case end
  }

  /// What a step comes to.
  enum ExportAnswer: Sendable {
    case begun(SnapshotDescription)
    case bytes([UInt8])
    case ended
  }

  /// What a copy leaves free on the disk.
  private static let keptRoom: Int64 = 128 << 20
  private static let patience: Nanoseconds = .milliseconds(5_000)

  private let files: SnapshotFiles
  private let exports: SnapshotFiles
  private let directory: String
  private let archiveDirectory: String?
  private let node: NodeID
  private let bytesPerSecond: Int64
  private let logWriter: LogWriter
  private let applier: Applier
  private let onEvent: @Sendable (SnapshotEvent) -> Void
  private let onTrouble: @Sendable (String) -> Void
  private let worker = WorkerThread<Item>(name: "kvorum-copies", niceness: Applier.niceness)

  /// Touched by the thread alone.
  private final class State: @unchecked Sendable {
    /// Our own copy.
    var made: SnapshotDescription?
    /// The copy that comes in.
    var incoming: SnapshotDescription?
    /// A copy that could not be made is not tried again before this.
    var nextMake: Instant = .distantPast
    /// When the next part may leave.
    var nextRead: Instant = .distantPast
    /// The copy for a person.
    var exported: SnapshotDescription?
    /// Opened when it is first wanted.
    var archive: LogArchive?
    var lastTrouble = ""
  }

  /// The thread is started with `start`.
  ///
  /// - Parameters:
  ///   - onEvent: Called on the thread when a task has ended.
  ///   - onTrouble: Called on the thread with a sentence for people.
  init(
    directory: String, node: NodeID, archive: String?, bytesPerSecond: Int64, logWriter: LogWriter,
    applier: Applier,
    onEvent: @escaping @Sendable (SnapshotEvent) -> Void, onTrouble: @escaping @Sendable (String) -> Void
  ) {
    self.directory = directory
    self.node = node
    archiveDirectory = archive
    files = SnapshotFiles(directory: directory)
    exports = SnapshotFiles(directory: directory, prefix: "export")
    self.bytesPerSecond = bytesPerSecond
    self.logWriter = logWriter
    self.applier = applier
    self.onEvent = onEvent
    self.onTrouble = onTrouble
  }

  func start() {
    let state = State()
    worker.start { [self] items in
      for item in items { perform(item, state, isEnding: worker.isStopping) }
    }
  }

  func submit(_ task: SnapshotTask, base: LogIndex) { worker.submit(.task(task, base: base)) }

  /// Keeps the oldest entries of the log in the archive; tells the last that is kept, or nil if that failed.
  func archive(upTo index: LogIndex, _ done: @escaping @Sendable (LogIndex?) -> Void) {
    worker.submit(.archive(upTo: index, done))
  }

  /// Makes a copy for a client, or gives a part of it.
  func export(_ step: ExportStep, _ done: @escaping @Sendable (Result<ExportAnswer, any Error>) -> Void) {
    worker.submit(.export(step, done))
  }

  private func perform(_ item: Item, _ state: State, isEnding: Bool) {
    switch item {
    case .task(let task, let base): if !isEnding { perform(task, base, state) }
    case .archive(let index, let done): done(isEnding ? nil : archive(upTo: index, state))
    case .export(let step, let done):
      done(Result { isEnding ? .ended : try export(step, state) })
    }
  }

  /// Ends the thread after the step at hand; call it off the event loop, and before the log writer and the applier are
  /// stopped.
  func stop() { worker.stop() }

  private func perform(_ task: SnapshotTask, _ base: LogIndex, _ state: State) {
    do {
      switch task {
      case .make:
        guard BootClock.now() >= state.nextMake else { return onEvent(.notMade) }
        try requireRoom()
        let made = try files.make(standingAtLeast: base)
        state.made = made
        onEvent(.made(made))
      case .read(let read):
        guard let made = state.made, made.id == read.id else { return onEvent(.notRead(read)) }
        hold(read.count, state)
        let bytes = try files.read(made, at: read.offset, count: read.count)
        onEvent(.read(read, bytes: bytes, checksum: SnapshotRead.checksum(of: bytes, at: read.offset)))
      case .release:
        state.made = nil
        try files.removeCopies()
      case .open(let snapshot):
        state.incoming = snapshot
        onEvent(.stored(id: snapshot.id, next: try files.open(snapshot)))
      case .store(let id, let offset, let bytes):
        guard let incoming = state.incoming, incoming.id == id else { return }
        try files.store(bytes, of: incoming, at: offset)
        onEvent(.stored(id: id, next: offset + UInt64(bytes.count)))
      case .install(let snapshot): try install(snapshot, state)
      case .abandon: try files.removeIncoming()
      }
    } catch {
      failed(task, error, state)
    }
  }

  /// A copy must not take the room that promises and entries need.
  private func requireRoom() throws {
    let replica = DataDirectory.replica(in: directory)
    let size = SystemFiles.real.size(of: replica) + SystemFiles.real.size(of: replica + "-wal")
    guard let available = DataDirectory.availableBytes(at: directory), available < size + Self.keptRoom else {
      return
    }
    throw NodeError.storage(
      "the disk of \(directory) has \(available >> 20) MiB left, and a copy of the replica may take \(size >> 20): make room"
    )
  }

  private func failed(_ task: SnapshotTask, _ error: any Error, _ state: State) {
    switch task {
    case .make:
      state.nextMake = BootClock.now() + Self.patience
      try? files.removeCopies()
      onTrouble("no copy of the replica could be made for others: \(error)")
      onEvent(.notMade)
    case .open(let snapshot), .install(let snapshot): refuse(snapshot.id, error)
    case .store(let id, _, _): refuse(id, error)
    case .read(let read):
      state.nextMake = BootClock.now() + Self.patience
      onTrouble("a copy of the replica cannot be read, and is made anew: \(error)")
      onEvent(.notRead(read))
    case .release, .abandon: onTrouble("\(error)")
    }
  }

  private func refuse(_ id: UInt64, _ error: any Error) {
    try? files.removeIncoming()
    onEvent(.refused(id: id, reason: "\(error)"))
  }

  private func install(_ snapshot: SnapshotDescription, _ state: State) throws {
    try files.check(snapshot)
    // The log is dropped as a whole; what of it is committed had better be kept.
    if archiveDirectory != nil { _ = archive(upTo: .max, state) }
    guard logWriter.willInstall(snapshot.base) else { return }
    let path = files.incomingPath(of: snapshot)
    let outcome = Outcome<(any Error)?>()
    applier.perform { writer in
      do {
        guard let writer else { throw CancellationError() }
        _ = try writer.install(path, standingAt: snapshot.base)
        outcome.set(nil)
      } catch {
        outcome.set(error)
        // Anything else leaves a replica that is written no more.
        if let error = error as? StorageError, error.kind != .noRoom { throw error }
      }
    }
    if let error = outcome.wait() { throw error }
    onEvent(.taken(snapshot))
    try files.removeIncoming()
  }

  // MARK: The archive

  private func archive(upTo index: LogIndex, _ state: State) -> LogIndex? {
    guard let archiveDirectory else { return nil }
    do {
      let archive =
        try state.archive ?? LogArchive(directory: archiveDirectory, node: node, log: directory)
      state.archive = archive
      let last = try archive.keep(upTo: index == .max ? LogReader(directory: directory).commit() : index)
      state.lastTrouble = ""
      return last
    } catch {
      state.archive = nil
      if state.lastTrouble != "\(error)" {
        state.lastTrouble = "\(error)"
        onTrouble("the log is not trimmed, since its entries cannot be archived: \(error)")
      }
      return nil
    }
  }

  // MARK: Copies for people

  private func export(_ step: ExportStep, _ state: State) throws -> ExportAnswer {
    switch step {
    case .begin:
      state.exported = nil
      try exports.removeCopies()
      try requireRoom()
      let made = try exports.make(standingAtLeast: .max)
      state.exported = made
      return .begun(made)
    case .read(let id, let offset, let count):
      guard let exported = state.exported, exported.id == id else { throw CancellationError() }
      return .bytes(try exports.read(exported, at: offset, count: count))
    case .end:
      state.exported = nil
      try exports.removeCopies()
      return .ended
    }
  }

  /// Waits so that no more bytes a second leave than is allowed.
  private func hold(_ count: Int, _ state: State) {
    let now = BootClock.now()
    let start = max(now, state.nextRead)
    state.nextRead = start + Nanoseconds(count) * 1_000_000_000 / max(1, bytesPerSecond)
    if start > now { Thread.sleep(forTimeInterval: min(1, Double(start - now) / 1e9)) }
  }
}
