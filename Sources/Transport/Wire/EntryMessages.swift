import Replication

/// An append while it is read.
struct AppendDraft {
  private var epoch: Epoch?
  private var number: UInt64 = 0
  private var previous: LogPosition?
  private var commit: LogIndex = 0
  private var needed: LogIndex = 0
  private var entries: [Entry] = []

  mutating func merge(_ reader: inout WireReader) throws {
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.Append.epoch: try reader.merge(into: &epoch)
      case WireTag.Append.number: number = try reader.varint()
      case WireTag.Append.previous: try reader.merge(into: &previous)
      case WireTag.Append.commit: commit = try reader.varint()
      case WireTag.Append.needed: needed = try reader.varint()
      case WireTag.Append.entries: entries.append(try reader.entry())
      default: try reader.skip(tag)
      }
    }
  }

  func finished() throws -> Message.Append {
    let epoch = try Checks.reign(epoch, "append")
    let previous = try Checks.position(previous, "append")
    try Checks.sequence(entries, after: previous, in: epoch, "append")
    return Message.Append(
      epoch: epoch, number: number, previous: previous, entries: entries,
      commit: try Checks.index(commit, "commit index of the append"),
      needed: try Checks.index(needed, "needed index of the append"))
  }
}

extension Message.PullReply {
  /// The size of all but the entries.
  var headerWireSize: Int {
    WireSize.delimited(epoch.wireSize) + WireSize.delimited(previous.wireSize) + WireSize.varint(1)
      + WireSize.varint(hint) + WireSize.varint(commit)
  }

  func writeHeader(to writer: inout WireWriter) {
    epoch.write(WireTag.PullReply.epoch, to: &writer)
    previous.write(WireTag.PullReply.previous, to: &writer)
    writer.varint(WireTag.PullReply.matched, matched ? 1 : 0)
    writer.varint(WireTag.PullReply.hint, hint)
    writer.varint(WireTag.PullReply.commit, commit)
  }
}

/// A pull reply while it is read.
struct PullReplyDraft {
  private var epoch: Epoch?
  private var previous: LogPosition?
  private var matched = false
  private var hint: LogIndex = 0
  private var commit: LogIndex = 0
  private var entries: [Entry] = []

  mutating func merge(_ reader: inout WireReader) throws {
    while let tag = try reader.tag() {
      switch tag {
      case WireTag.PullReply.epoch: try reader.merge(into: &epoch)
      case WireTag.PullReply.previous: try reader.merge(into: &previous)
      case WireTag.PullReply.matched: matched = try reader.varint() != 0
      case WireTag.PullReply.hint: hint = try reader.varint()
      case WireTag.PullReply.commit: commit = try reader.varint()
      case WireTag.PullReply.entries: entries.append(try reader.entry())
      default: try reader.skip(tag)
      }
    }
  }

  func finished() throws -> Message.PullReply {
    let epoch = try Checks.reign(epoch, "pull reply")
    let previous = try Checks.position(previous, "pull reply")
    guard matched || entries.isEmpty else {
      throw PeerProtocolError("A pull reply holds entries although its sender lacks the entry before them.")
    }
    try Checks.sequence(entries, after: previous, in: epoch, "pull reply")
    return Message.PullReply(
      epoch: epoch, previous: previous, matched: matched,
      hint: try Checks.index(hint, "hint of the pull reply"), entries: entries,
      commit: try Checks.index(commit, "commit index of the pull reply"))
  }
}
