import Foundation
import Replication
import Storage

/// Does what the core wants done with copies of replicas, on a thread of its own: each step takes long (design 4.9).
final class SnapshotWorker: Sendable {
  private struct Item: Sendable {
    var task: SnapshotTask
    /// The entry after which the log begins: after an older copy nobody could go on from this log.
    var base: LogIndex
  }

  private let files: SnapshotFiles
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
    /// When the next part may leave.
    var nextRead: Instant = .distantPast
  }

  /// The thread is started with `start`.
  ///
  /// - Parameters:
  ///   - onEvent: Called on the thread when a task has ended.
  ///   - onTrouble: Called on the thread with a sentence for people.
  init(
    directory: String, bytesPerSecond: Int64, logWriter: LogWriter, applier: Applier,
    onEvent: @escaping @Sendable (SnapshotEvent) -> Void, onTrouble: @escaping @Sendable (String) -> Void
  ) {
    files = SnapshotFiles(directory: directory)
    self.bytesPerSecond = bytesPerSecond
    self.logWriter = logWriter
    self.applier = applier
    self.onEvent = onEvent
    self.onTrouble = onTrouble
  }

  func start() {
    let state = State()
    worker.start { [self] items in
      for item in items where !worker.isStopping { perform(item, state) }
    }
  }

  func submit(_ task: SnapshotTask, base: LogIndex) { worker.submit(Item(task: task, base: base)) }

  /// Ends the thread after the step at hand; call it off the event loop, and before the log writer and the applier are
  /// stopped.
  func stop() { worker.stop() }

  private func perform(_ item: Item, _ state: State) {
    do {
      switch item.task {
      case .make:
        let made = try files.make(standingAtLeast: item.base)
        state.made = made
        onEvent(.made(made))
      case .read(let read):
        guard let made = state.made, made.id == read.id else { return }
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
      case .install(let snapshot): try install(snapshot)
      case .abandon: try files.removeIncoming()
      }
    } catch {
      failed(item.task, error)
    }
  }

  private func failed(_ task: SnapshotTask, _ error: any Error) {
    switch task {
    case .make:
      try? files.removeCopies()
      onTrouble("no copy of the replica could be made for others: \(error)")
      onEvent(.notMade)
    case .open(let snapshot), .install(let snapshot): refuse(snapshot.id, error)
    case .store(let id, _, _): refuse(id, error)
    // The receiver asks again, and a copy that is gone is made anew.
    case .read, .release, .abandon: onTrouble("\(error)")
    }
  }

  private func refuse(_ id: UInt64, _ error: any Error) {
    try? files.removeIncoming()
    onEvent(.refused(id: id, reason: "\(error)"))
  }

  private func install(_ snapshot: SnapshotDescription) throws {
    try files.check(snapshot)
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

  /// Waits so that no more bytes a second leave than is allowed.
  private func hold(_ count: Int, _ state: State) {
    let now = BootClock.now()
    let start = max(now, state.nextRead)
    state.nextRead = start + Nanoseconds(count) * 1_000_000_000 / max(1, bytesPerSecond)
    if start > now { Thread.sleep(forTimeInterval: min(1, Double(start - now) / 1e9)) }
  }
}
