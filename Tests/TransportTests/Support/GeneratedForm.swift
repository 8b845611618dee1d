import Foundation
import Replication

@testable import Transport

// What the generated code makes of the messages that the hand-written codec handles: the yardstick for it.

extension WirePeerMessage {
  /// The generated form of any frame.
  static func generated(_ frame: PeerFrame) -> WirePeerMessage {
    var message = WirePeerMessage()
    switch frame {
    case .core(.append(let append)): message.append = generated(append)
    case .core(.pullReply(let reply)): message.pullReply = generated(reply)
    case .readRequest(let request):
      message.readRequest.number = request.number
      message.readRequest.minimumAppliedIndex = request.minimumAppliedIndex
      message.readRequest.key = Data(request.key)
    case .readReply(let reply): message.readReply = generated(reply)
    case .core, .report: message = WirePeerMessage(frame)
    }
    return message
  }

  private static func generated(_ append: Message.Append) -> WireAppend {
    var wire = WireAppend()
    wire.epoch = WireEpoch(append.epoch)
    wire.number = append.number
    wire.previous = generated(append.previous)
    wire.commit = append.commit
    wire.needed = append.needed
    wire.entries = append.entries.map(generated)
    return wire
  }

  private static func generated(_ reply: Message.PullReply) -> WirePullReply {
    var wire = WirePullReply()
    wire.epoch = WireEpoch(reply.epoch)
    wire.previous = generated(reply.previous)
    wire.matched = reply.matched
    wire.hint = reply.hint
    wire.commit = reply.commit
    wire.entries = reply.entries.map(generated)
    return wire
  }

  private static func generated(_ reply: ReadReply) -> WireReadReply {
    var wire = WireReadReply()
    wire.number = reply.number
    wire.found = reply.found
    wire.appliedIndex = reply.appliedIndex
    guard reply.found else { return wire }
    wire.modifiedIndex = reply.modifiedIndex
    wire.version = reply.version
    if let expiresAt = reply.expiresAt { wire.expiresAt = expiresAt }
    wire.type = WireValueType(rawValue: Int(reply.type.wireNumber)) ?? .string
    wire.memberCount = UInt64(reply.memberCount)
    if reply.type == .string { wire.value = Data(reply.value) }
    return wire
  }

  /// With an epoch even where it is zero, as the hand-written codec has it.
  private static func generated(_ position: LogPosition) -> WireLogPosition {
    var wire = WireLogPosition()
    wire.epoch = WireEpoch(position.epoch)
    wire.index = position.index
    return wire
  }

  static func generated(_ entry: Entry) -> WireEntry {
    var wire = WireEntry()
    wire.index = entry.index
    wire.epoch = WireEpoch(entry.epoch)
    wire.time = entry.time
    switch entry.payload {
    case .noop: wire.noop = WireNoop()
    case .configuration(let configuration): wire.configuration = WireClusterConfiguration(configuration)
    case .mutations(let mutations): wire.mutations.mutations = mutations.map(generated)
    }
    return wire
  }

  private static func generated(_ mutation: Mutation) -> WireMutation {
    var wire = WireMutation()
    wire.operation = WireOperation(rawValue: Int(mutation.operation.rawValue)) ?? .unspecified
    if mutation.operation != .clear { wire.key = Data(mutation.key) }
    if mutation.operation.container != nil { wire.member = Data(mutation.member) }
    if mutation.operation.hasValue { wire.value = Data(mutation.value) }
    if let expiresAt = mutation.expiresAt { wire.expiresAt = expiresAt }
    return wire
  }
}
