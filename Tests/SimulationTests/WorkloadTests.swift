import Commands
import Replication
import Testing

@testable import Simulation

/// What the simulated clients send, and what is known of it without the code under test.
@Suite struct WorkloadTests {
  private func entry(_ mutations: Mutation...) -> Entry {
    Entry(index: 7, epoch: .zero, time: 0, payload: .mutations(mutations))
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func anEntryWithHalfAnMSETIsNamed() throws {
    var dice = Dice(seed: 1)
    var workload = Workload(clients: 1, dice: &dice)
    workload.noteValues(of: CommandDice.words("MSET a one b two"))
    workload.noteValues(of: CommandDice.words("SET c three"))
    let (one, two) = (Mutation.put(bytes("a"), bytes("one")), Mutation.put(bytes("b"), bytes("two")))
    #expect(workload.torn(entry(one, two)) == nil)
    #expect(workload.torn(entry(two, one)) == nil)
    #expect(workload.torn(entry(.put(bytes("c"), bytes("three")))) == nil)
    for half in [one, two] {
      let broken = try #require(workload.torn(entry(half)))
      #expect(broken.detail.contains("entry 7"))
    }
  }

  @Test(
    arguments: [
      ("SET k v", "OK", "v"), ("SET k v NX", "nil", "old"), ("SET k v XX GET", "old", "v"),
      ("SETNX k v", "0", "old"),
      ("GETSET k v", "old", "v"), ("GETDEL k", "old", "nil"), ("DEL k other", "1", "nil"),
      ("APPEND k !", "4", "old!"),
      ("SETRANGE k 4 x", "5", "old\\x00x"), ("SETRANGE k 1 xyz", "4", "oxyz"),
      ("GETRANGE k 1 -1", "ld", "old"),
      ("GETRANGE k 9 -1", "", "old"), ("MSETNX k v other w", "0", "old"), ("STRLEN k", "3", "old"),
      ("EXISTS k k other", "2", "old"), ("WRITE k v", "OK", "v"), ("PERSIST k", "1", "old"),
      ("PEXPIRETIME k", "50", "old"), ("MGET k other", "[old, nil]", "old"),
    ])
  func aCommandDoesWhatRedisSays(_ text: String, _ reply: String, _ value: String) throws {
    var state = KeyspaceModel.State()
    state.apply(.put(bytes("k"), bytes("old"), expiresAt: 50))
    let (after, answer) = try #require(PlainCommands.step(state, CommandDice.words(text)))
    #expect(answer.text == reply)
    #expect(PlainCommands.step(after, CommandDice.words("GET k"))?.reply.text == value)
    // The model and the code under test are two writings of one thing.
    let outcome = try CommandTable.standard.evaluate(
      CommandDice.words(text), view: state, context: CommandContext(now: .min))
    #expect(outcome.reply == answer)
  }

  @Test(arguments: [
    ("INCR n", "8"), ("DECR n", "6"), ("INCRBY n 5", "12"), ("DECRBY n 5", "2"), ("INCR m", "1"),
  ])
  func aCounterCounts(_ text: String, _ reply: String) throws {
    var state = KeyspaceModel.State()
    state.apply(.put(bytes("n"), bytes("7")))
    #expect(try #require(PlainCommands.step(state, CommandDice.words(text))).reply.text == reply)
  }
}
