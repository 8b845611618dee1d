import Replication
import Transport

/// Makes messages of a fuzzer's bytes, with the numbers that the receiver looks for among others.
struct MessageMaker {
  var source: ByteSource
  let numbers: [UInt64]
  let epochs: [Epoch]
  let last: LogPosition
  let sender: NodeID

  mutating func message() -> Message {
    switch source.below(13) {
    case 0: return .poll(Message.Poll(number: source.number()))
    case 1:
      return .pollReply(
        Message.PollReply(
          number: number(), wouldPromise: source.bool(), wait: Int64(bitPattern: source.number()),
          promised: epoch()))
    case 2: return .prepare(Message.Prepare(epoch: ownEpoch(), token: source.bool() ? token() : nil))
    case 3:
      return .prepareReply(
        Message.PrepareReply(
          epoch: epoch(), granted: source.bool(), promised: epoch(), wait: Int64(bitPattern: source.number()),
          last: position()))
    case 4: return .pull(Message.Pull(epoch: ownEpoch(), previous: position()))
    case 5:
      let previous = position()
      let matched = source.bool()
      return .pullReply(
        Message.PullReply(
          epoch: epoch(), previous: previous, matched: matched, hint: index(),
          entries: matched ? entries(after: previous) : [], commit: index()))
    case 6:
      let previous = position()
      return .append(
        Message.Append(
          epoch: ownEpoch(), number: source.number(), previous: previous, entries: entries(after: previous),
          commit: index()))
    case 7:
      return .appendReply(
        Message.AppendReply(epoch: epoch(), number: number(), outcome: outcome(), applied: index()))
    case 8: return .handoverRequest(Message.HandoverRequest(epoch: epoch()))
    case 9: return .handover(token())
    case 10: return .installSnapshot(part())
    case 11:
      return .snapshotReply(
        Message.SnapshotReply(
          epoch: epoch(), id: number(), next: number(), isInstalled: source.bool(), promised: epoch()))
    default: return .dismissal(Message.Dismissal(reason: .nameInUse, explanation: "x"))
    }
  }

  /// A part of a copy that has two bytes.
  private mutating func part() -> Message.InstallSnapshot {
    let base = LogBase(
      position: position(), time: 0, checksum: 0,
      configuration: IndexedConfiguration(index: 1, configuration: SampleFrames.configuration))
    let offset = UInt64(source.below(3))
    let bytes = source.take(source.below(3))
    return Message.InstallSnapshot(
      epoch: source.bool() ? ownEpoch() : epoch(),
      snapshot: SnapshotDescription(id: number(), size: 2, base: base),
      offset: offset, bytes: bytes, checksum: SnapshotRead.checksum(of: bytes, at: offset))
  }

  private mutating func number() -> UInt64 {
    source.bool() ? source.number() : numbers[source.below(numbers.count)]
  }

  private mutating func index() -> LogIndex {
    switch source.below(3) {
    case 0: last.index
    case 1: last.index &+ LogIndex(source.below(4)) &- 2
    default: source.number()
    }
  }

  private mutating func epoch() -> Epoch {
    var epoch = epochs[source.below(epochs.count)]
    switch source.below(6) {
    case 0: epoch.round &+= 1
    case 1: epoch.round = source.number()
    case 2: epoch = .zero
    default: break
    }
    return epoch
  }

  /// An epoch in which the sender could lead.
  private mutating func ownEpoch() -> Epoch { Epoch(round: epoch().round, master: sender) }

  private mutating func position() -> LogPosition {
    switch source.below(4) {
    case 0: last
    case 1: .zero
    case 2: LogPosition(epoch: last.epoch, index: index())
    default: LogPosition(epoch: epoch(), index: index())
    }
  }

  private mutating func token() -> HandoverToken {
    HandoverToken(epoch: epoch(), target: NodeID(UInt64(source.below(3)) + 1), lastIndex: index())
  }

  private mutating func outcome() -> Message.AppendReply.Outcome {
    switch source.below(4) {
    case 0, 1: .accepted(upTo: index())
    case 2: .mismatched(hint: index())
    default: .refused(promised: epoch())
    }
  }

  private mutating func entries(after previous: LogPosition) -> [Entry] {
    var entries: [Entry] = []
    var epoch = source.bool() ? previous.epoch : epoch()
    for offset in 0..<source.below(4) {
      if source.below(4) == 0 { epoch.round &+= 1 }
      entries.append(
        Entry(index: previous.index &+ 1 &+ LogIndex(offset), epoch: epoch, time: 0, payload: payload()))
    }
    return entries
  }

  private mutating func payload() -> Entry.Payload {
    switch source.below(4) {
    case 0: return .noop
    case 1:
      var configuration = SampleFrames.configuration
      if source.bool() { configuration.incoming = nil }
      if source.bool() { configuration.current.slaves.append(SampleFrames.member(4, .slave)) }
      if source.bool() { configuration.current.masters.removeLast() }
      if source.below(4) == 3 { configuration.leaseMilliseconds = Int64(bitPattern: source.number()) }
      if source.below(4) == 3 { configuration.cluster = ClusterID(high: 9, low: 9) }
      return .configuration(configuration)
    default: return .mutations([.put([source.byte()], source.take(source.below(9)))])
    }
  }
}
