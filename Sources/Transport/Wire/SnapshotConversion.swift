import Foundation
import Replication

extension WireSnapshot {
  init(_ part: Message.InstallSnapshot) {
    content = .part(WireInstallSnapshot(part))
  }

  init(_ reply: Message.SnapshotReply) {
    content = .reply(WireSnapshotReply(reply))
  }

  func message() throws -> Message {
    switch content {
    case .part(let part): .installSnapshot(try part.part())
    case .reply(let reply): .snapshotReply(try reply.reply())
    case nil: throw PeerProtocolError("A snapshot message has no content that this release knows.")
    }
  }
}

extension WireLogBase {
  init(_ base: LogBase) {
    position = WireLogPosition(base.position)
    time = base.time
    checksum = base.checksum
    guard let newest = base.configuration else { return }
    configurationIndex = newest.index
    configuration = WireClusterConfiguration(newest.configuration)
  }

  func base() throws -> LogBase {
    let position = try position.position("base of the snapshot")
    guard position.index > 0, hasConfiguration, (1...position.index).contains(configurationIndex) else {
      throw PeerProtocolError(
        "A snapshot stands before the first entry, or has no configuration up to where it stands.")
    }
    return LogBase(
      position: position, time: time, checksum: checksum,
      configuration: IndexedConfiguration(
        index: configurationIndex, configuration: try configuration.configuration()))
  }
}

extension WireInstallSnapshot {
  init(_ part: Message.InstallSnapshot) {
    epoch = WireEpoch(part.epoch)
    id = part.snapshot.id
    size = part.snapshot.size
    base = WireLogBase(part.snapshot.base)
    offset = part.offset
    bytes = Data(part.bytes)
    checksum = part.checksum
  }

  func part() throws -> Message.InstallSnapshot {
    guard hasBase else {
      throw PeerProtocolError("A part of a snapshot does not tell where the snapshot stands.")
    }
    // File systems count in signed numbers.
    guard size <= UInt64(Int64.max), offset <= size, UInt64(bytes.count) <= size - offset else {
      throw PeerProtocolError("\(bytes.count) bytes at \(offset) are no part of a snapshot of \(size) bytes.")
    }
    return Message.InstallSnapshot(
      epoch: try Checks.reign(epoch.epoch, "part of a snapshot"),
      snapshot: SnapshotDescription(id: id, size: size, base: try base.base()), offset: offset,
      bytes: [UInt8](bytes), checksum: checksum)
  }
}

extension WireSnapshotReply {
  init(_ reply: Message.SnapshotReply) {
    epoch = WireEpoch(reply.epoch)
    id = reply.id
    next = reply.next
    installed = reply.isInstalled
    promised = WireEpoch(reply.promised)
  }

  func reply() throws -> Message.SnapshotReply {
    Message.SnapshotReply(
      epoch: try Checks.reign(epoch.epoch, "snapshot reply"), id: id, next: next, isInstalled: installed,
      promised: try Checks.epochOrZero(promised.epoch, "snapshot reply"))
  }
}
