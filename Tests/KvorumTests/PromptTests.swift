import Kvorum
import RESP
import Testing

@testable import KvorumCLI

@Suite struct PromptTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func theQuestionNamesTheRoleOfTheServingMaster() {
    let session = PromptSession()
    #expect(
      session.question(role: "primary")
        == "[PRIMARY] Enter the Operation you would like to perform (READ/WRITE/EXIT): ")
    #expect(session.question(role: "backup").hasPrefix("[BACKUP] Enter"))
  }

  @Test func writeAloneAsksForTheKeyAndTheValue() {
    var session = PromptSession()
    #expect(session.answer(bytes("write")) == .goOn)
    #expect(session.question(role: "primary") == "Enter the key you want to perform the operation on: ")
    #expect(session.answer(bytes("foo")) == .goOn)
    #expect(session.question(role: "primary") == "Enter the value corresponding to the key: ")
    #expect(session.answer(bytes("bar baz")) == .run(.write(key: bytes("foo"), value: bytes("bar baz"))))
    #expect(session.isAtOperation)
  }

  @Test func readAloneAsksForTheKey() {
    var session = PromptSession()
    #expect(session.answer(bytes("READ")) == .goOn)
    #expect(session.answer(bytes(" foo ")) == .run(.read(key: bytes("foo"))))
  }

  @Test func anEmptyKeyEndsTheOperationAndTheConversationGoesOn() {
    var session = PromptSession()
    #expect(session.answer(bytes("READ")) == .goOn)
    #expect(session.answer([]) == .say("No key was given."))
    #expect(session.isAtOperation)
  }

  @Test func theEndOfInputLeavesFromAnyQuestion() {
    var session = PromptSession()
    #expect(session.answer(nil) == .leave)
    #expect(session.answer(bytes("WRITE")) == .goOn)
    #expect(session.answer(nil) == .leave)
  }

  @Test(
    "A line with a password is not kept in the history",
    arguments: [
      ("AUTH secret", true), ("  auth bob secret", true), ("HELLO 3 AUTH bob secret", true),
      ("acl  setuser bob >secret", true), ("HELLO 3", false), ("ACL WHOAMI", false), ("SET auth x", false),
      ("", false),
    ])
  func secrets(_ line: String, _ holds: Bool) {
    #expect(LineEditor.holdsSecret(Array(line.utf8)) == holds)
  }

  @Test func answersAreTheSentencesOfThePrompt() {
    #expect(Prompt.sentence(key: bytes("foo"), value: bytes("bar")) == bytes("Value for key foo = bar\n"))
    #expect(Prompt.sentence(key: bytes("foo"), value: nil) == bytes("Key foo not found\n"))
    let unknown = KvorumError.server(message: "ERR unknown command 'FOO', with args beginning with: ")
    #expect(
      Prompt.sentence(for: unknown, of: .command([bytes("FOO")]))
        == "Unknown operation FOO: use READ, WRITE, EXIT or any Redis command")
  }
}

@Suite struct ReplyTextTests {
  private let reply = RESPValue.array([
    .bulk([97, 34, 10]), .integer(7), .null, .array([.simple("x"), .simple("y")]),
  ])

  @Test func aPipeGetsBareValuesALineEach() {
    #expect(ReplyText.plain(reply) == Array("a\"\n\n7\n\nx\ny".utf8))
    #expect(ReplyText.plain(.bulk([0xff, 0x00])) == [0xff, 0x00])
  }

  @Test func aTerminalShowsTypesAndEscapes() {
    #expect(
      ReplyText.shown(reply) == "1) \"a\\\"\\n\"\n2) (integer) 7\n3) (nil)\n4) 1) x\n   2) y")
    #expect(ReplyText.shown(.bulk([0xff])) == "\"\\xff\"")
    #expect(ReplyText.shown(.array([])) == "(empty array)")
  }
}
