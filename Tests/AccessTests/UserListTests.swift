import Commands
import Testing

@testable import Access

@Suite("The users of a node")
struct UserListTests {
  static let hash = PasswordHash(of: Array("secret".utf8)).hexadecimal

  @Test("A node that was told of no users lets everybody do everything")
  func open() {
    #expect(UserList().anybody?.isUnrestricted == true)
    #expect(UserList().authenticate(User.defaultName, Array("whatever".utf8)) != nil)
  }

  @Test("A file names users; one that does not speak of the user default turns it off")
  func file() throws {
    let list = try UserList(
      file: Array("# people\n\nuser bob on #\(Self.hash) ~b:* +@read\r\nuser off off nopass\n".utf8))
    #expect(list.anybody == nil)
    #expect(list.all.map(\.name) == ["bob", "default", "off"].map { Array($0.utf8) })
    #expect(list.authenticate(Array("bob".utf8), Array("secret".utf8)) != nil)
    #expect(list.authenticate(Array("bob".utf8), Array("Secret".utf8)) == nil)
    #expect(list.authenticate(Array("off".utf8), []) == nil)
    #expect(list.authenticate(Array("nobody".utf8), []) == nil)
    #expect(list.authenticate(User.defaultName, []) == nil)
    #expect(try UserList(file: list.file).file == list.file)
  }

  @Test("A user may listen to channels that one of its patterns describes, and to those patterns themselves")
  func listening() throws {
    let list = try UserList(file: Array("user a on nopass &news:* (+get &other)\n".utf8))
    let user = try #require(list.user([UInt8(ascii: "a")]))
    func may(_ name: String, isPattern: Bool = false) -> Bool {
      user.mayListen(to: Array(name.utf8), isPattern: isPattern)
    }
    #expect(may("news:1") && may("other") && !may("secret"))
    #expect(may("news:*", isPattern: true) && !may("news:1*", isPattern: true) && !may("*", isPattern: true))
  }

  @Test(
    "A file with a mistake is refused with the line, and without a word of what a secret may be",
    arguments: [
      ("user bob on\nusr x", "line 2: a line begins with the word user and a name"),
      ("user", "line 1: a line begins with the word user and a name"),
      ("user a on\nuser a off", "line 2: the user a stands there twice"),
      (
        "user a on >hunter2",
        "line 1: a password in plain text: write # and the 64 digits of its SHA-256 instead"
      ),
      ("user a +nosuch", "line 1: Unknown command or category name in ACL"),
      ("user a (+get", "line 1: a parenthesis is not closed"),
    ])
  func mistake(_ text: String, _ sentence: String) {
    let error = #expect(throws: UserFileError.self) { try UserList(file: Array(text.utf8)) }
    #expect(error?.description == sentence)
  }

  @Test("A change is taken whole or not at all, and a user can be taken out")
  func change() throws {
    var list = UserList()
    let name = Array("eve".utf8)
    try list.change(name, [Array("on".utf8), Array(">x".utf8)])
    #expect(throws: RuleFailure.self) { try list.change(name, [Array("off".utf8), Array("bogus".utf8)]) }
    #expect(list.authenticate(name, Array("x".utf8)) != nil)
    let removed = (list.remove(name), list.remove(name))
    #expect(removed == (true, false))
    #expect(list.user(name) == nil)
  }

  @Test("SHA-256 is what it is, in both directions")
  func hash() throws {
    let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(PasswordHash(of: Array("abc".utf8)).hexadecimal == known)
    let read = try #require(PasswordHash(hexadecimal: Array(known.utf8)))
    #expect(read.isSame(as: PasswordHash(of: Array("abc".utf8))))
    #expect(!read.isSame(as: PasswordHash(of: Array("abd".utf8))))
  }

  @Test("The log of refusals counts what comes again, and forgets the oldest")
  func log() throws {
    var log = AccessLog()
    for time in 0..<3 {
      log.note(
        .command, object: [1], user: [2], client: "", inTransaction: false, at: Int64(time) * 1_000)
    }
    let fields = try #require(entries(of: log.reply(count: 10, at: 5_000)).first)
    #expect(fields.first { $0.key == .text("count") }?.value == .integer(3))
    #expect(fields.first { $0.key == .text("age-seconds") }?.value == .double(3))
    for number in 0..<200 {
      log.note(.key, object: Array("\(number)".utf8), user: [], client: "", inTransaction: true, at: 0)
    }
    #expect(entries(of: log.reply(count: 1_000, at: 0)).count == 128)
    log.reset()
    #expect(log.reply(count: 10, at: 0) == .array([]))
  }

  private func entries(of reply: Reply) -> [[Reply.Pair]] {
    guard case .array(let entries) = reply else { return [] }
    return entries.compactMap { entry in
      if case .map(let fields) = entry { fields } else { nil }
    }
  }
}
