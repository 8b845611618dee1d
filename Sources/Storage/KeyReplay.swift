import Replication
import SQLite

/// Does what a change of one key says, mutation by mutation, as entries mean it, on what the key holds and on those of
/// its members that the change names.
struct KeyReplay {
  /// The row of a member.
  struct MemberRow {
    var rowid: Int64
    var checksum: UInt64
  }

  /// What a member comes to.
  struct Outcome {
    /// The row that was there, unless it goes with all others of the key.
    var row: MemberRow?
    /// What stands beside the member in the end; nil if it is gone.
    var value: [UInt8]?
  }

  private struct Member {
    var row: MemberRow?
    var isThere = false
    var value: [UInt8] = []
    var isChanged = false
  }

  /// What the key holds; nil if it does not exist.
  private(set) var value: StoredValue?
  /// Whether the members that were there before stay, but for those that the change names.
  private(set) var keepsMembers: Bool
  private let steps: [KeyChange.Step]
  private var members: [[UInt8]: Member] = [:]

  /// - Parameter old: What the key held before.
  init(_ old: StoredValue?, _ change: KeyChange) {
    steps = change.steps
    value = change.isReset ? nil : old
    if change.puts > 0 {
      value = StoredValue(
        value: change.value, version: (value?.version ?? 0) &+ change.puts,
        createdIndex: value?.createdIndex ?? change.createdIndex, modifiedIndex: change.modifiedIndex,
        expiresAt: change.expiresAt)
    }
    keepsMembers = (value?.type ?? .string) != .string
    for step in steps where step.mutation.operation.container != nil {
      members[step.mutation.member] = Member()
    }
  }

  /// The members that the change names, in the order of the table.
  var names: [(name: [UInt8], form: ByteStringForm)] {
    let names = Array(members.keys)
    return TablePlace.inOrder(names.count) { names[$0] }.map { (names[$0.position], $0.form) }
  }

  /// Says that a member is there.
  mutating func found(_ row: MemberRow, _ name: [UInt8]) { members[name] = Member(row: row, isThere: true) }

  /// Does all of it.
  mutating func run() { for step in steps { apply(step.mutation, at: step.index) } }

  /// What became of a member; nil if it stays as it was.
  func outcome(of name: [UInt8]) -> Outcome? {
    guard let member = members[name], member.isChanged else { return nil }
    let row = keepsMembers ? member.row : nil
    guard member.isThere || row != nil else { return nil }
    return Outcome(row: row, value: member.isThere ? member.value : nil)
  }

  private mutating func apply(_ mutation: Mutation, at index: LogIndex) {
    switch mutation.operation {
    // Neither stands among the steps of a key.
    case .delete, .clear: forgetMembers()
    case .put:
      forgetMembers()
      write(.string, at: index)
      value?.value = mutation.value
      value?.expiresAt = mutation.expiresAt
    case .expire:
      guard let type = value?.type else { return }
      write(type, at: index)
      value?.expiresAt = mutation.expiresAt
    case let operation: change(mutation, of: operation.container ?? .string, at: index)
    }
  }

  private mutating func change(_ mutation: Mutation, of type: ValueType, at index: LogIndex) {
    let isSame = value?.type == type
    let isRemoval = mutation.operation.isRemoval
    let wasThere = isSame && members[mutation.member]?.isThere == true
    guard !isRemoval || wasThere else { return }
    if !isSame { forgetMembers() }
    members[mutation.member]?.isChanged = true
    members[mutation.member]?.isThere = !isRemoval
    members[mutation.member]?.value = mutation.value
    let count = (isSame ? value?.memberCount ?? 0 : 0) + (isRemoval ? -1 : wasThere ? 0 : 1)
    guard count > 0 else {
      forgetMembers()
      value = nil
      return
    }
    write(type, at: index)
    if !isSame { value?.expiresAt = nil }
    value?.memberCount = count
  }

  /// Counts a write: one version more than before, or the first.
  private mutating func write(_ type: ValueType, at index: LogIndex) {
    var written =
      value ?? StoredValue(value: [], version: 0, createdIndex: index, modifiedIndex: index, expiresAt: nil)
    if written.type != type { (written.type, written.value, written.memberCount) = (type, [], 0) }
    written.version &+= 1
    written.modifiedIndex = index
    value = written
  }

  /// The key's members are gone, all of them.
  private mutating func forgetMembers() {
    keepsMembers = false
    for name in members.keys { members[name]?.isThere = false }
  }
}
