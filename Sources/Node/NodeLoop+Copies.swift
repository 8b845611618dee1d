import Commands
import NIOCore
import Replication
import Serving
import Storage

// Copies of the replica for people: KV.ADMIN SNAPSHOT makes one, READ gives a part of it, END removes it.

extension NodeLoop {
  /// A copy that nobody reads for so long is removed.
  private static let exportPatience: Nanoseconds = .milliseconds(60_000)
  /// How long a copy that an earlier run has left is kept for those who were being filled with it.
  private static let copyPatience: Nanoseconds = .milliseconds(120_000)
  private static let longestPart = 4 << 20

  func giveCopy(_ words: [String], _ session: Session) {
    let step: SnapshotWorker.ExportStep
    switch (words.dropFirst().first?.lowercased(), words.count) {
    case (nil, _): step = .begin
    case ("end", 2): step = .end
    case ("read", 5):
      guard let id = UInt64(words[2], radix: 16), let offset = UInt64(words[3]), let count = Int(words[4]),
        (1...Self.longestPart).contains(count), offset <= UInt64(Int64.max)
      else { fallthrough }
      step = .read(id: id, offset: offset, count: count)
    default:
      return session.answer(
        .error("ERR use KV.ADMIN SNAPSHOT, SNAPSHOT READ id offset count (up to 4194304) or SNAPSHOT END"))
    }
    exportUsedAt = BootClock.now()
    let number = nextExport
    nextExport += 1
    exports[number] = (session, session.answerLater())
    snapshots.export(step) { [self] result in eventLoop.execute { [self] in exported(number, result) } }
  }

  private func exported(_ number: UInt64, _ result: Result<SnapshotWorker.ExportAnswer, any Error>) {
    exportUsedAt = BootClock.now()
    guard !isStopping, let (session, ticket) = exports.removeValue(forKey: number) else { return }
    session.fulfil(ticket, with: Self.reply(to: result))
  }

  private static func reply(to result: Result<SnapshotWorker.ExportAnswer, any Error>) -> Reply {
    switch result {
    case .success(.begun(let copy)):
      .array([
        .text(String(copy.id, radix: 16)), .integer(Int64(copy.size)), .integer(Int64(copy.base.index)),
      ])
    case .success(.bytes(let bytes)): .bulk(bytes)
    case .success(.ended): .ok
    case .failure(is CancellationError): .error("ERR there is no such copy any more: begin again")
    case .failure(let error): .error("ERR no copy could be made: \(error)")
    }
  }

  /// Removes copies that nobody comes for.
  func tidyCopies() {
    let now = BootClock.now()
    if let used = exportUsedAt, now - used > Self.exportPatience {
      exportUsedAt = nil
      snapshots.export(.end) { _ in }
    }
    guard !hasTidied, now - startedAt > Self.copyPatience else { return }
    hasTidied = true
    if !server.core.isLendingSnapshot { snapshots.submit(.release, base: 0) }
  }
}
