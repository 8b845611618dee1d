import RESP
import Replication
import Synchronization

@testable import kvbench

/// A store in memory that does what its clients ask, but for one lie at one moment in a few.
final class LyingStore: DatabaseClient {
  enum Lie: CaseIterable {
    case none
    /// Acknowledges a write and forgets it.
    case losesWrite
    /// Answers what a key held some writes ago.
    case readsThePast
    /// Does a write that it refuses.
    case writesWhatItRefuses
    /// Does an update twice.
    case writesTwice
    /// Does one half of a transfer.
    case tearsTransfer
  }

  private struct State {
    var values: [String: String] = [:]
    var older: [String: [String?]] = [:]
    var random = SplitMix64(seed: 5)
    var lies = 0
  }

  private let lie: Lie
  private let state = Mutex(State())

  init(_ lie: Lie) { self.lie = lie }

  /// How often it has lied.
  var lies: Int { state.withLock { $0.lies } }

  func value(of key: String) -> String? { state.withLock { $0.values[key] } }

  func call(_ words: [String], isWrite: Bool) async -> CommandOutcome {
    // Lets others in between, so that operations overlap.
    await Task.yield()
    let outcome = state.withLock { answer(words, isWrite, &$0) }
    await Task.yield()
    return outcome
  }

  private func answer(_ words: [String], _ isWrite: Bool, _ state: inout State) -> CommandOutcome {
    let words = words[0] == "KV.CONSISTENCY" ? Array(words.dropFirst(2)) : words
    // Whoever asks what became of a lost write is told that it is not known.
    if isWrite, state.random.oneIn(40) {
      if state.random.oneIn(2) { _ = execute(words, &state) }
      return .unknown("lost")
    }
    guard lie != .none, state.random.oneIn(25) else { return .value(execute(words, &state)) }
    let before = state.values
    switch lie {
    case .losesWrite where isWrite:
      let value = execute(words, &state)
      if state.values != before { state.lies += 1 }
      state.values = before
      return .value(value)
    case .readsThePast where !isWrite:
      guard let old = state.older[words[1]]?.dropLast().last, old != state.values[words[1]] else { break }
      // A pair from the past would be torn, which is another lie.
      guard words.count == 2 else { break }
      state.lies += 1
      return .value(old.map { .bulk(Array($0.utf8)) } ?? .null)
    case .writesWhatItRefuses where isWrite:
      _ = execute(words, &state)
      if state.values != before { state.lies += 1 }
      return .refused("not done")
    case .writesTwice where words[0] == "INCR" || words[0] == "APPEND":
      _ = execute(words, &state)
      state.lies += 1
    case .tearsTransfer where words[0] == "MSET":
      let value = execute(words, &state)
      state.values[words[3]] = before[words[3]]
      state.lies += 1
      return .value(value)
    default: break
    }
    return .value(execute(words, &state))
  }

  private func execute(_ words: [String], _ state: inout State) -> RESPValue {
    let key = words[1]
    func bulk(_ text: String?) -> RESPValue { text.map { .bulk(Array($0.utf8)) } ?? .null }
    func put(_ key: String, _ value: String?) {
      state.values[key] = value
      state.older[key, default: []].append(value)
    }
    switch words[0] {
    case "GET": return bulk(state.values[key])
    case "MGET": return .array(words.dropFirst().map { bulk(state.values[$0]) })
    case "SET" where words.count > 3:
      let old = state.values[key]
      if old == nil { put(key, words[2]) }
      return bulk(old)
    case "SET": put(key, words[2])
    case "DEL":
      let old = state.values[key]
      put(key, nil)
      return .integer(old == nil ? 0 : 1)
    case "INCR":
      let number = (state.values[key].flatMap { Int64($0) } ?? 0) + 1
      put(key, "\(number)")
      return .integer(number)
    case "APPEND":
      put(key, (state.values[key] ?? "") + words[2])
      return .integer(Int64(state.values[key]!.utf8.count))
    case "MSET":
      put(words[1], words[2])
      put(words[3], words[4])
    default: return .error("ERR unknown command")
    }
    return .simple("OK")
  }
}
