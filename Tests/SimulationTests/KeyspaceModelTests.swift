import Commands
import Replication
import Testing

@testable import Simulation

/// What the simulator's clients see is held against what the commands are to do.
struct KeyspaceModelTests {
  private typealias Operation = ClientOperation<KeyspaceModel>

  private static func words(_ text: String) -> [[UInt8]] { CommandDice.words(text) }

  /// Operations one after the other; a nil reply is an unknown outcome, and `expiry` a key that may end.
  private func isLinearizable(_ steps: [(String, Reply?)]) -> Bool {
    var history: [Operation] = []
    for (place, (text, reply)) in steps.enumerated() {
      let moment = Int64(place)
      let words = Self.words(text)
      let input: KeyspaceModel.Input =
        text.hasPrefix("expiry ")
        ? .expiry(key: words[1], at: Int64(String(decoding: words[2], as: UTF8.self)) ?? 0) : .command(words)
      history.append(
        reply.map { Operation(input, invoked: 2 * moment, returned: 2 * moment + 1, output: $0) }
          ?? Operation(input, invoked: 2 * moment))
    }
    return LinearizabilityChecker.check(history, KeyspaceModel()).holds
  }

  @Test func aReplyMustBeThatOfTheCommand() {
    #expect(isLinearizable([("SET n 5", .ok), ("INCR n", .integer(6)), ("APPEND n x", .integer(2))]))
    #expect(!isLinearizable([("SET n 5", .ok), ("INCR n", .integer(7))]))
    #expect(
      isLinearizable([
        ("SET n x", .ok), ("INCR n", .error("ERR value is not an integer or out of range")),
      ]))
    #expect(!isLinearizable([("SET n 5 NX", .null)]))
  }

  @Test func aWriteOfTwoKeysIsSeenWholeOrNotAtAll() {
    let write: (String, Reply?) = ("MSET a 1 b 2", nil)
    #expect(isLinearizable([write, ("MGET a b", .array([.text("1"), .text("2")]))]))
    #expect(isLinearizable([write, ("MGET a b", .array([.null, .null]))]))
    #expect(!isLinearizable([write, ("GET a", .text("1")), ("GET b", .null)]))
  }

  @Test func aWriteInDoubtMayHappenLateButNotTwice() {
    let write: (String, Reply?) = ("INCR n", nil)
    #expect(isLinearizable([write, ("GET n", .null), ("GET n", .text("1"))]))
    #expect(!isLinearizable([write, ("GET n", .text("1")), ("GET n", .text("2"))]))
  }

  @Test func aKeyIsGoneFromItsEndOnAndDoesNotComeBack() {
    let start: [(String, Reply?)] = [("SET e v PXAT 9", .ok), ("expiry e 9", nil)]
    #expect(isLinearizable(start + [("GET e", .text("v")), ("GET e", .null)]))
    #expect(!isLinearizable(start + [("GET e", .null), ("GET e", .text("v"))]))
    #expect(!isLinearizable([("SET e v PXAT 9", .ok), ("GET e", .null), ("expiry e 9", nil)]))
    #expect(!isLinearizable(start + [("PERSIST e", .integer(1)), ("GET e", .null)]))
  }

  @Test func theTimelineTellsWhatAKeyHeldAfterEachEntry() {
    func entry(_ index: LogIndex, _ mutations: Mutation...) -> Entry {
      Entry(index: index, epoch: .zero, time: 0, payload: .mutations(mutations))
    }
    let key: [UInt8] = [1]
    var timeline = KeyTimeline()
    timeline.take(entry(3, .put(key, [7])))
    timeline.take(entry(5, .put(key, [8])))
    timeline.take(entry(6, .delete(key)))
    timeline.take(entry(9, .put(key, [9])))
    #expect(timeline.value(of: key, at: 2) == nil)
    #expect(timeline.value(of: key, at: 4)?.value == [7])
    let second = timeline.value(of: key, at: 5)
    #expect(second?.version == 2 && second?.createdIndex == 3 && second?.modifiedIndex == 5)
    #expect(timeline.value(of: key, at: 8) == nil)
    #expect(timeline.value(of: key, at: 9)?.version == 1)
    #expect(timeline.everHeld([8], key) && timeline.everHeld(nil, key) && !timeline.everHeld([5], key))
  }
}
