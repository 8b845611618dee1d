import Commands
import Replication

/// The keyspace as a sequential object: it steps by `PlainCommands`, or by the evaluation of a command that those do
/// not know.
///
/// Keys never end by a clock here. That a key past its end is gone is an operation of its own, of unknown outcome: it
/// may happen at any moment from that time on, or never.
struct KeyspaceModel: SequentialModel {
  enum Input: Hashable, Sendable {
    case command([[UInt8]])
    /// The key is gone if this is still when it ends.
    case expiry(key: [UInt8], at: Int64)

    var keys: [[UInt8]] {
      switch self {
      case .command(let words): CommandTable.standard.command(named: words[0])?.keys(in: words) ?? []
      case .expiry(let key, _): [key]
      }
    }
  }

  /// A few keys in the order of their bytes.
  struct State: Hashable, Sendable, KeyspaceView {
    struct Item: Hashable, Sendable {
      var key: [UInt8]
      var value: [UInt8]
      var expiresAt: Int64?

      /// An array hashes its bytes one by one, and a search hashes many states.
      func hash(into hasher: inout Hasher) {
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        value.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(expiresAt)
      }
    }

    var items: [Item] = []

    func value(for key: [UInt8]) -> StoredValue? {
      items.first { $0.key == key }.map {
        StoredValue(value: $0.value, version: 0, createdIndex: 0, modifiedIndex: 0, expiresAt: $0.expiresAt)
      }
    }

    func member(_ name: [UInt8], of key: [UInt8]) -> [UInt8]? { nil }
    func members(of key: [UInt8], after name: [UInt8]?, limit: Int, descending: Bool) -> [KeyMember] { [] }
    func placeCount(of key: [UInt8]) -> Int { 0 }
    func member(at place: Int, of key: [UInt8]) -> KeyMember? { nil }
    func anyKey(_ random: UInt64) -> ScannedKey? { nil }
    func count() -> Int { items.count }
    func keys(after key: [UInt8]?, limit: Int) -> [ScannedKey] { [] }

    mutating func apply(_ mutation: Mutation) {
      let place = items.firstIndex { !$0.key.lexicographicallyPrecedes(mutation.key) } ?? items.count
      let isThere = place < items.count && items[place].key == mutation.key
      switch mutation.operation {
      case .delete: if isThere { items.remove(at: place) }
      case .put:
        let item = Item(key: mutation.key, value: mutation.value, expiresAt: mutation.expiresAt)
        if isThere { items[place] = item } else { items.insert(item, at: place) }
      case .clear: items = []
      case .expire: if isThere { items[place].expiresAt = mutation.expiresAt }
      default: preconditionFailure("no simulated client uses values that have members")
      }
    }
  }

  var initial: State { State() }

  func step(_ state: State, _ input: Input, _ output: Reply?) -> State? {
    var after = state
    switch input {
    case .expiry(let key, let end):
      guard let place = state.items.firstIndex(where: { $0.key == key && $0.expiresAt == end }) else {
        return state
      }
      after.items.remove(at: place)
    case .command(let words):
      if let plain = PlainCommands.step(state, words) {
        return output == nil || output == plain.reply ? plain.state : nil
      }
      let context = CommandContext(now: .min)
      guard let outcome = try? CommandTable.standard.evaluate(words, view: state, context: context),
        output == nil || output == outcome.reply
      else { return nil }
      for mutation in outcome.mutations { after.apply(mutation) }
    }
    return after
  }

  func isRead(_ input: Input, _ output: Reply) -> Bool {
    guard case .command(let words) = input else { return false }
    return CommandTable.standard.command(named: words[0])?.flags.contains(.readonly) == true
  }

  func partition(_ history: [ClientOperation<Self>]) -> [HistoryPart] {
    HistoryPart.byConnectedKeys(history.map(\.input.keys))
  }

  func describe(_ input: Input, _ output: Reply?) -> String {
    switch input {
    case .command(let words):
      let text = words.map { String(decoding: $0.prefix(32), as: UTF8.self) }.joined(separator: " ")
      return "\(text) -> \(output.map(\.text) ?? "unknown")"
    case .expiry(let key, let end): return "\(HistoryText.of(key)) may end, at \(end)"
    }
  }

  func describe(_ state: State) -> String {
    let items = state.items.map { item in
      "\(HistoryText.of(item.key)): \(HistoryText.of(Array(item.value.prefix(64))))"
        + (item.expiresAt.map { " until \($0)" } ?? "")
    }
    return items.isEmpty ? "nothing" : items.joined(separator: ", ")
  }
}
