import Logging
import NIOCore
import Replication
import Serving
import Storage

// When the log is shortened, and by what.

extension NodeLoop {
  private static let trimInterval: Nanoseconds = .milliseconds(1_000)
  /// How long to wait after the archive could not be written.
  private static let archivePatience: Nanoseconds = .milliseconds(10_000)

  /// Drops old entries if there are enough that nobody needs.
  func considerTrimming() {
    let now = BootClock.now()
    guard !isTrimming, now >= nextTrim, !isStopping else { return }
    nextTrim = now + Self.trimInterval
    do {
      let target = try trimTarget()
      guard target >= server.core.base.index + trimStep else { return }
      isTrimming = true
      // Nothing goes from the log that the replica does not have on disk (design 4.9).
      applier.perform { [self] writer in
        let durable = try Self.makeDurable(writer)
        eventLoop.execute { [self] in trim(upTo: target, within: durable) }
      }
    } catch {
      end(for: error)
    }
  }

  /// A segment of an archive had better not be a small one.
  private var trimStep: LogIndex {
    guard configuration.archiveDirectory != nil else { return trimPolicy.step }
    return max(trimPolicy.step, min(50_000, (trimPolicy.entries ?? 100_000) / 2))
  }

  private static func makeDurable(_ writer: ReplicaWriter?) throws -> DurableReplica? {
    do {
      return try writer?.makeDurable()
    } catch let error as StorageError where error.kind == .noRoom {
      return nil
    }
  }

  private func trimTarget() throws -> LogIndex {
    let core = server.core
    let log = TrimPolicy.Log(
      base: core.base.index, last: core.lastIndex,
      usedBytes: trimPolicy.bytes == nil ? 0 : try logReader.usedBytes(), now: BootClock.wallMilliseconds(),
      time: { [logReader] in try logReader.point(at: $0)?.time })
    return min(try trimPolicy.target(log), core.neededIndex, core.appliedIndex)
  }

  private func trim(upTo target: LogIndex, within replica: DurableReplica?) {
    isTrimming = false
    guard !isStopping, let replica else { return }
    let index = min(target, replica.applied, server.core.neededIndex, server.core.appliedIndex)
    guard index > server.core.base.index else { return }
    isTrimming = true
    guard configuration.archiveDirectory != nil else { return trim(to: index, within: replica) }
    snapshots.archive(upTo: index) { [self] kept in
      eventLoop.execute { [self] in
        isTrimming = false
        guard !isStopping, let kept else {
          nextTrim = BootClock.now() + Self.archivePatience
          return
        }
        archivedIndex = kept
        // Meanwhile somebody may have come who needs them.
        guard min(kept, index) > server.core.base.index, index <= server.core.neededIndex else { return }
        isTrimming = true
        trim(to: min(kept, index), within: replica)
      }
    }
  }

  private func trim(to index: LogIndex, within replica: DurableReplica) {
    drive(.trimming(upTo: index))
    logWriter.trim(upTo: index, within: replica)
  }

  /// The log begins after this entry.
  func trimmed(to base: LogBase) {
    isTrimming = false
    logger.debug("the log begins after entry \(base.index)")
  }
}
