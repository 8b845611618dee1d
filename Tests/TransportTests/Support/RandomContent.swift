import Replication

@testable import Transport

/// Makes random frames that a correct node could send.
struct RandomContent {
  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// The kinds of frame.
  static let kinds = 16

  mutating func frame() -> PeerFrame { frame(kind: Int.random(in: 0..<Self.kinds, using: &random)) }

  mutating func frame(kind: Int) -> PeerFrame {
    switch kind {
    case 0: .core(.poll(Message.Poll(number: number())))
    case 1:
      .core(
        .pollReply(
          Message.PollReply(number: number(), wouldPromise: bool(), wait: wait(), promised: epochOrZero())))
    case 2: .core(.prepare(Message.Prepare(epoch: epoch(), token: bool() ? token() : nil)))
    case 3:
      .core(
        .prepareReply(
          Message.PrepareReply(
            epoch: epoch(), granted: bool(), promised: epochOrZero(), wait: wait(), last: position())))
    case 4: .core(.pull(Message.Pull(epoch: epoch(), previous: position())))
    case 5: .core(.pullReply(pullReply()))
    case 6: .core(.append(append()))
    case 7:
      .core(
        .appendReply(
          Message.AppendReply(epoch: epoch(), number: number(), outcome: outcome(), applied: index())))
    case 8: .core(.handoverRequest(Message.HandoverRequest(epoch: epoch())))
    case 9: .core(.handover(token()))
    case 10:
      .core(.dismissal(Message.Dismissal(reason: bool() ? .removed : .nameInUse, explanation: text())))
    case 11: .readRequest(ReadRequest(number: number(), minimumAppliedIndex: index(), key: bytes()))
    case 12: .readReply(readReply())
    case 13: .core(.installSnapshot(part()))
    case 14:
      .core(
        .snapshotReply(
          Message.SnapshotReply(
            epoch: epoch(), id: number(), next: number(), isInstalled: bool(), promised: epochOrZero())))
    default:
      .report(
        NodeReport(
          last: position(), commit: index(), applied: index(), logBytes: number(), replicaBytes: number(),
          walBytes: number(), state: text(), base: index(), filledBytes: number(), fillSize: number(),
          archived: index(), trouble: text(),
          content: (0..<Int(number() % 4)).map { _ in ContentPoint(index: index(), checksum: number()) },
          diverged: (0..<Int(number() % 3)).map { _ in NodeID(number()) }))
    }
  }

  mutating func part() -> Message.InstallSnapshot {
    let bytes = bytes()
    let offset = number() >> 2
    let index = 1 + index() / 2
    let base = LogBase(
      position: LogPosition(epoch: epoch(), index: index), time: time(), checksum: number(),
      configuration: IndexedConfiguration(index: 1 + number() % index, configuration: configuration()))
    return Message.InstallSnapshot(
      epoch: epoch(),
      snapshot: SnapshotDescription(
        id: number(), size: offset + UInt64(bytes.count) + number() >> 2, base: base),
      offset: offset, bytes: bytes, checksum: number())
  }

  mutating func append() -> Message.Append {
    let previous = position()
    let entries = entries(after: previous)
    return Message.Append(
      epoch: reign(over: entries, previous), number: number(), previous: previous, entries: entries,
      commit: index(), needed: index())
  }

  mutating func pullReply() -> Message.PullReply {
    let previous = position()
    let matched = bool()
    let entries = matched ? entries(after: previous) : []
    return Message.PullReply(
      epoch: reign(over: entries, previous), previous: previous, matched: matched, hint: index(),
      entries: entries, commit: index())
  }

  mutating func readReply() -> ReadReply {
    guard bool() else { return ReadReply(number: number(), notFoundAt: index()) }
    let type = ValueType.allCases.randomElement(using: &random) ?? .string
    return ReadReply(
      number: number(), type: type, value: type == .string ? bytes() : [],
      memberCount: type == .string ? 0 : Int(1 + index() / 2), modifiedIndex: 1 + index() / 2,
      version: index(),
      expiresAt: bool() ? time() : nil, appliedIndex: index())
  }

  mutating func entries(after previous: LogPosition) -> [Entry] {
    var epoch = previous.epoch == .zero ? epoch() : previous.epoch
    return (0..<Int.random(in: 0...5, using: &random)).map { offset in
      if Int.random(in: 0..<4, using: &random) == 0 { epoch.round += 1 }
      return Entry(
        index: previous.index + 1 + LogIndex(offset), epoch: epoch, time: time(), payload: payload())
    }
  }

  mutating func payload() -> Entry.Payload {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: .noop
    case 1: .configuration(configuration())
    default: .mutations((0...Int.random(in: 0...3, using: &random)).map { _ in mutation() })
    }
  }

  mutating func mutation() -> Mutation {
    let operation = Mutation.Operation.allCases.randomElement(using: &random) ?? .put
    return Mutation(
      operation: operation, key: operation == .clear ? [] : bytes(),
      member: operation.container == nil ? [] : bytes(), value: operation.hasValue ? bytes() : [],
      expiresAt: operation.hasExpiry && bool() ? time() : nil)
  }

  mutating func configuration() -> ClusterConfiguration {
    ClusterConfiguration(
      cluster: ClusterID(high: number(), low: number()),
      leaseMilliseconds: Int64.random(in: 1...86_400_000, using: &random), current: memberSet(),
      incoming: bool() ? memberSet() : nil, removed: bool() ? [node(), node()] : [])
  }

  mutating func memberSet() -> MemberSet {
    MemberSet(
      masters: (0...Int.random(in: 0...1, using: &random)).map { _ in member(bool() ? .primary : .backup) },
      slaves: (0...Int.random(in: 0...4, using: &random)).map { _ in member(.slave) })
  }

  mutating func member(_ role: NodeRole) -> Member {
    Member(id: node(), name: text(), address: text(), role: role)
  }

  mutating func introduction() -> PeerIntroduction {
    PeerIntroduction(
      id: node(), role: NodeRole.allCases.randomElement(using: &random) ?? .slave, name: text(),
      address: text(), cluster: bool() ? ClusterID(high: number(), low: number()) : nil, version: text(),
      dataDirectory: text())
  }

  mutating func outcome() -> Message.AppendReply.Outcome {
    switch Int.random(in: 0..<3, using: &random) {
    case 0: .accepted(upTo: index())
    case 1: .mismatched(hint: index())
    default: .refused(promised: epoch())
    }
  }

  mutating func token() -> HandoverToken {
    HandoverToken(epoch: epoch(), target: node(), lastIndex: index())
  }

  mutating func position() -> LogPosition {
    Int.random(in: 0..<4, using: &random) == 0
      ? .zero : LogPosition(epoch: epoch(), index: 1 + index() / 2)
  }

  mutating func epochOrZero() -> Epoch { bool() ? epoch() : .zero }
  mutating func epoch() -> Epoch { Epoch(round: 1 + index() / 2, master: node()) }
  mutating func node() -> NodeID { NodeID(UInt64.random(in: 1...UInt64.max, using: &random)) }
  mutating func wait() -> Nanoseconds { Int64(index()) }
  mutating func time() -> Int64 { Int64(bitPattern: number()) }
  mutating func index() -> LogIndex { number() >> 2 }
  mutating func bool() -> Bool { Bool.random(using: &random) }

  /// A number of any length in bits.
  mutating func number() -> UInt64 { random.next() >> UInt64.random(in: 0...63, using: &random) }

  mutating func bytes() -> [UInt8] {
    let limit = Int.random(in: 0..<20, using: &random) == 0 ? 20_000 : 200
    var bytes = [UInt8](repeating: 0, count: Int.random(in: 0...limit, using: &random))
    bytes.withUnsafeMutableBytes { memory in
      for place in stride(from: 0, to: memory.count - 7, by: 8) {
        memory.storeBytes(of: random.next(), toByteOffset: place, as: UInt64.self)
      }
    }
    return bytes
  }

  mutating func text() -> String {
    String(
      (0..<Int.random(in: 0...12, using: &random)).map { _ in
        "abzé:/.-9鍵".randomElement(using: &random) ?? "x"
      })
  }

  private func reign(over entries: [Entry], _ previous: LogPosition) -> Epoch {
    var epoch = entries.last?.epoch ?? previous.epoch
    if epoch == .zero { epoch.master = NodeID(9) }
    epoch.round += 1
    return epoch
  }
}
