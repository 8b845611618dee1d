import Commands
import Foundation
import Replication
import Storage

/// The life of one key, read twice: once for what is known only at its end, and once to tell it.
struct KeyHistory {
  struct Change: Encodable {
    var index: LogIndex
    var part: Int
    var time: Int64
    var epoch: String
    var op: String
    var member: String?
    var memberBase64: String?
    var value: String?
    var valueBase64: String?
    var expiresAt: Int64?
    /// How many changes the key has had since it was created; nil if it is gone, or if the log does not reach back so
    /// far.
    var version: Int64?
    /// `current`, `replaced`, `uncommitted` or `never committed`.
    var state: String
    var file: String
    /// The change as a line for people, without its expiry.
    var line: String

    enum CodingKeys: CodingKey {
      case index, part, time, epoch, op, member, memberBase64, value, valueBase64, expiresAt, version, state
      case file
    }
  }

  let key: [UInt8]
  /// The entry after which the log begins: nothing is known of the key before that.
  let begins: LogIndex
  /// What the replica holds, if there is one.
  private(set) var held: Storage.StoredValue?
  private let log: LogSource
  private let commit: LogIndex
  private let directory: String?
  /// The last change that is committed, if there is one.
  private var last: (index: LogIndex, part: Int)?
  /// The key before the first change that the log holds; nil if nothing tells it.
  private var before: PlainKeyspace?

  init(_ path: String, key: [UInt8]) throws {
    self.key = key
    let place = try SourcePlace(path)
    guard let log = place.log else {
      throw Unusable("\(path) has no log that can be read: \(place.problems.joined(separator: "; "))")
    }
    self.log = log
    commit = place.commit
    begins = log.base?.index ?? 0
    directory = SystemFiles().isDirectory(path) ? path : nil
    held = try? place.replica?.reader.value(for: key)
    try lookAhead()
  }

  private mutating func lookAhead() throws {
    var last: (index: LogIndex, part: Int)?
    var puts: Int64 = 0
    var isPlain = true
    try walk(log, "looked at") { entry, part, mutation in
      guard entry.index <= commit else { return }
      last = (entry.index, part)
      if mutation.operation == .put { puts += 1 } else { isPlain = false }
    }
    self.last = last
    if begins == 0 {
      before = PlainKeyspace()
    } else if isPlain, let held, held.type == .string, held.modifiedIndex == last?.index {
      // The replica knows how many puts there were before the log begins.
      var keyspace = PlainKeyspace()
      if held.version > puts {
        keyspace.set(
          key,
          Commands.StoredValue(
            value: [], version: UInt64(held.version - puts), createdIndex: held.createdIndex,
            modifiedIndex: 0, expiresAt: nil))
      }
      before = keyspace
    }
  }

  /// Hands out the changes in order, then those that were cut from the log; returns what could not be read.
  func forEach(_ body: (Change) -> Void) throws -> [String] {
    var keyspace = before
    var problems = log.problems
    problems += try walk(log, "read") { entry, part, mutation in
      // After that nothing of what was before matters.
      if [.delete, .clear].contains(mutation.operation) { keyspace = PlainKeyspace() }
      keyspace?.apply([mutation], at: entry.index)
      let version = keyspace?.value(for: key).map { Int64($0.version) }
      let state =
        entry.index > commit
        ? "uncommitted" : last.map { $0 == (entry.index, part) } == true ? "current" : "replaced"
      body(change(entry, part, mutation, version, state, log.path))
    }
    guard let directory else { return problems }
    for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    where name.hasPrefix("discarded-") && name.hasSuffix(".db") {
      do {
        let discarded = try LogSource(path: directory + "/" + name)
        problems += try walk(discarded, "read") { entry, part, mutation in
          body(change(entry, part, mutation, nil, "never committed", discarded.path))
        }
      } catch {
        problems.append("\(error)")
      }
    }
    return problems
  }

  private func change(
    _ entry: Entry, _ part: Int, _ mutation: Mutation, _ version: Int64?, _ state: String, _ file: String
  ) -> Change {
    func text(_ bytes: [UInt8], _ isMeant: Bool) -> (String?, base64: String?) {
      guard isMeant else { return (nil, nil) }
      let text = String(validating: bytes, as: UTF8.self)
      return (text, text == nil ? Data(bytes).base64EncodedString() : nil)
    }
    let operation = mutation.operation
    let (value, valueBase64) = text(mutation.value, operation.hasValue)
    let (member, memberBase64) = text(mutation.member, operation.container != nil)
    return Change(
      index: entry.index, part: part, time: entry.time, epoch: "\(entry.epoch)", op: operation.word,
      member: member, memberBase64: memberBase64, value: value, valueBase64: valueBase64,
      expiresAt: mutation.expiresAt, version: version, state: state, file: file,
      line: mutation.line(namesKey: false, limit: 200))
  }

  /// Goes through the changes of the key; returns what cannot be read, the first hundred.
  @discardableResult
  private func walk(
    _ log: LogSource, _ verb: String, _ body: (Entry, Int, Mutation) -> Void
  ) throws -> [String] {
    let progress = ProgressLine(verb, unit: "entries")
    defer { progress.clear() }
    let first = log.base?.index ?? 0
    var damage: [String] = []
    try log.forEachRow { row in
      switch row {
      case .entry(let entry, _):
        if entry.index & 0xFFF == 0 {
          progress.show(entry.index - min(first, entry.index), of: log.lastIndex - min(first, log.lastIndex))
        }
        guard case .mutations(let mutations) = entry.payload else { return true }
        for (part, mutation) in mutations.enumerated()
        where mutation.key == key || mutation.operation == .clear {
          body(entry, part, mutation)
        }
      case .unfit(let index, let reason, _):
        if damage.count < 100 { damage.append("\(log.path): entry \(index): \(reason)") }
      case .unreadable(let range, let reason):
        if damage.count < 100 {
          damage.append(
            "\(log.path): entries \(range.lowerBound) to \(range.upperBound) cannot be read: \(reason)")
        }
      }
      return true
    }
    return damage
  }
}
