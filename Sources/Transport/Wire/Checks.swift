import Replication

/// What is checked of everything that a peer sends, before the core sees it.
enum Checks {
  /// An index, a round or a count of that kind.
  @inline(__always)
  static func index(_ value: UInt64, _ what: @autoclosure () -> String) throws -> UInt64 {
    guard value <= PeerFrame.highestIndex else {
      throw PeerProtocolError("The \(what()) is \(value), beyond the highest allowed, 2^62.")
    }
    return value
  }

  /// An epoch in which somebody leads or wants to.
  @inline(__always)
  static func reign(_ epoch: Epoch?, _ what: @autoclosure () -> String) throws -> Epoch {
    let epoch = try epochOrZero(epoch, what())
    guard epoch != .zero else {
      throw PeerProtocolError("The \(what()) has no epoch, or the zero epoch, in which nobody leads.")
    }
    return epoch
  }

  /// An epoch that may be the one before the first.
  @inline(__always)
  static func epochOrZero(_ epoch: Epoch?, _ what: @autoclosure () -> String) throws -> Epoch {
    guard let epoch else { return .zero }
    guard (epoch.round == 0) == (epoch.master.rawValue == 0), epoch.round <= PeerFrame.highestIndex else {
      throw PeerProtocolError(
        "The \(what()) has an epoch that cannot exist: round \(epoch.round), master \(epoch.master).")
    }
    return epoch
  }

  /// The place of an entry, or the place before the first.
  static func position(_ position: LogPosition?, _ what: @autoclosure () -> String) throws -> LogPosition {
    guard let position else { throw PeerProtocolError("The \(what()) has no log position.") }
    _ = try index(position.index, "index of the log position in the \(what())")
    _ = try epochOrZero(position.epoch, what())
    guard (position.index == 0) == (position.epoch == .zero) else {
      throw PeerProtocolError(
        "The \(what()) has a log position that cannot exist: index \(position.index) in epoch \(position.epoch)."
      )
    }
    return position
  }

  /// A node's id.
  static func node(_ id: UInt64, _ what: @autoclosure () -> String) throws -> NodeID {
    guard id != 0 else { throw PeerProtocolError("The \(what()) has no node id.") }
    return NodeID(id)
  }

  /// Entries that continue a log at `previous`, in or before `epoch`.
  static func sequence(
    _ entries: [Entry], after previous: LogPosition, in epoch: Epoch, _ what: @autoclosure () -> String
  ) throws {
    guard previous.epoch <= epoch else {
      throw PeerProtocolError(
        "The \(what()) of epoch \(epoch) continues a log of the later epoch \(previous.epoch).")
    }
    var index = previous.index
    var latest = previous.epoch
    for entry in entries {
      guard entry.index == index + 1 else {
        throw PeerProtocolError("The \(what()) holds entry \(entry.index) right after entry \(index).")
      }
      guard latest <= entry.epoch, entry.epoch <= epoch else {
        throw PeerProtocolError(
          """
          The \(what()) of epoch \(epoch) holds entry \(entry.index) of epoch \(entry.epoch) after one of epoch \
          \(latest); epochs never fall along a log and never exceed the sender's.
          """)
      }
      index = entry.index
      latest = entry.epoch
    }
  }

  /// A text that may be shown to people and written to a log file.
  static func text(_ text: String, _ what: @autoclosure () -> String) throws -> String {
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) else {
      throw PeerProtocolError("The \(what()) holds control characters.")
    }
    return text
  }
}
