import Commands
import Testing

/// A node of the view at port 1, 2 and so on.
private func node(
  _ number: Int, canLead: Bool = false, isUp: Bool = true, isQuarantined: Bool = false
) -> SentinelView.Instance {
  SentinelView.Instance(
    id: "id\(number)", host: "host\(number)", port: number, canLead: canLead, isUp: isUp,
    isQuarantined: isQuarantined, silence: 7, offset: 40)
}

private func view(
  confirmed: String? = "id1", own: SentinelView.Instance? = nil, others: [SentinelView.Instance]? = nil,
  usable: Int? = 3
) -> SentinelView {
  SentinelView(
    name: "kvorum", own: own ?? node(2, canLead: true),
    others: others ?? [node(1, canLead: true), node(3), node(4), node(5)], confirmed: confirmed, round: 9,
    quorum: 2, usableSlaves: usable, patience: 500)
}

private func ask(_ text: String, _ view: SentinelView) -> Reply {
  switch CommandTable.standard.resolve(words("SENTINEL " + text)) {
  case .command(let command): SentinelReplies.reply(to: command.name, words("SENTINEL " + text), view)
  case .refused(let reply): reply
  }
}

/// The fields of one node, whose names and values must be strings.
private func fields(_ reply: Reply) -> [String: String] {
  guard case .map(let pairs) = reply else { return [:] }
  var fields: [String: String] = [:]
  for pair in pairs {
    guard case .bulk(let key) = pair.key, case .bulk(let value) = pair.value else { continue }
    fields[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
  }
  #expect(fields.count == pairs.count)
  return fields
}

private func list(_ reply: Reply) -> [[String: String]] {
  guard case .array(let elements) = reply else { return [] }
  return elements.map(fields)
}

@Suite struct SentinelReplyTests {
  @Test func `the master that is confirmed is named by its announced address`() {
    #expect(ask("get-master-addr-by-name kvorum", view()) == .array([.text("host1"), .text("1")]))
    let master = fields(ask("MASTER kvorum", view()))
    #expect(master["ip"] == "host1" && master["port"] == "1" && master["flags"] == "master")
    #expect(master["num-slaves"] == "4" && master["num-other-sentinels"] == "4" && master["quorum"] == "2")
    #expect(master["config-epoch"] == "9")
    #expect(list(ask("MASTERS", view())) == [master])
  }

  @Test func `no master is named that is not confirmed`() {
    let unsure = view(confirmed: nil)
    #expect(ask("GET-MASTER-ADDR-BY-NAME kvorum", unsure) == .nullArray)
    #expect(ask("MASTERS", unsure) == .array([]))
    #expect(ask("MASTER kvorum", unsure).isError)
    for text in ["replicas kvorum", "slaves kvorum"] {
      let replicas = list(ask(text, unsure))
      #expect(replicas.map { $0["port"] } == ["3", "4", "5"], "one of the masters may be leading")
      #expect(replicas.allSatisfy { $0["master-link-status"] == "err" && $0["master-host"] == "?" })
    }
  }

  @Test func `another name is nobody's`() {
    #expect(ask("get-master-addr-by-name other", view()) == .nullArray)
    for text in ["master other", "replicas other", "slaves other", "sentinels other", "ckquorum other"] {
      #expect(ask(text, view()) == .error("ERR No such master with that name"))
    }
  }

  @Test func `the replicas are all but the master, and what is down says so`() {
    let down = view(others: [node(1, canLead: true), node(3, isUp: false), node(4, isQuarantined: true)])
    let replicas = list(ask("REPLICAS kvorum", down))
    #expect(replicas.map { $0["name"] } == ["host2:2", "host3:3", "host4:4"])
    #expect(replicas.map { $0["flags"] } == ["slave", "slave,s_down,disconnected", "slave,s_down"])
    #expect(replicas.map { $0["slave-priority"] } == ["100", "0", "0"])
    #expect(replicas.map { $0["master-port"] } == ["1", "1", "1"])
    #expect(replicas[0]["slave-repl-offset"] == "40")
  }

  @Test func `the sentinels are the other nodes`() {
    let sentinels = list(
      ask("SENTINELS kvorum", view(others: [node(1, canLead: true), node(3, isUp: false)])))
    #expect(sentinels.map { $0["runid"] } == ["id1", "id3"])
    #expect(sentinels.map { $0["flags"] } == ["sentinel", "sentinel,s_down,disconnected"])
    #expect(ask("MYID", view()) == .text("id2"))
  }

  @Test func `CKQUORUM says what a failover lacks`() {
    #expect(
      ask("CKQUORUM kvorum", view())
        == .simple("OK 3 usable slaves. Quorum and failover authorization can be reached"))
    #expect(
      ask("CKQUORUM kvorum", view(usable: 1))
        == .error(
          "NOQUORUM 1 usable slaves. Not enough available slaves to reach the quorum of 2 for an election"))
    let alone = view(own: node(1, canLead: true), others: [node(2, canLead: true, isUp: false), node(3)])
    #expect(
      ask("CKQUORUM kvorum", alone)
        == .error("NOQUORUM 3 usable slaves. No other master can be reached to take over"))
    #expect(ask("CKQUORUM kvorum", view(own: node(9), usable: nil)).isError)
  }

  @Test func `IS-MASTER-DOWN-BY-ADDR gives no vote`() {
    let mixed = view(others: [node(1, canLead: true, isUp: false), node(3, isUp: false)])
    func answer(_ text: String) -> Reply { ask("IS-MASTER-DOWN-BY-ADDR \(text)", mixed) }
    #expect(answer("host1 1 7 someone") == .array([.integer(1), .text("*"), .integer(0)]))
    #expect(answer("host2 2 7 *") == .array([.integer(0), .text("*"), .integer(0)]))
    #expect(answer("host3 3 7 *") == .array([.integer(0), .text("*"), .integer(0)]), "a slave is no master")
    #expect(answer("host1 x 7 *") == .error("ERR value is not an integer or out of range"))
  }

  @Test func `what would change the members is refused in words`() {
    for text in ["RESET *", "MONITOR a b 1 2", "REMOVE kvorum", "SET kvorum quorum 1"] {
      guard case .error(let error) = ask(text, view()) else {
        Issue.record("SENTINEL \(text) is not refused")
        continue
      }
      #expect(error.hasPrefix("ERR SENTINEL \(text.prefix { $0 != " " }) is refused: "))
    }
    #expect(ask("FOO", view()) == .error("ERR unknown subcommand 'FOO'. Try SENTINEL HELP."))
  }
}

@Suite struct SentinelWatchTests {
  private func told(_ views: [SentinelView]) -> [[String]] {
    var watch = SentinelWatch()
    return views.map { view in watch.look(at: view).map { "\($0.channel) \($0.payload)" } }
  }

  @Test func `a switch is told once, when the new master is confirmed`() {
    let lost = view(confirmed: nil, others: [node(1, canLead: true, isUp: false), node(3)])
    let found = view(confirmed: "id2", others: [node(1, canLead: true, isUp: false), node(3)])
    let events = told([view(others: [node(1, canLead: true), node(3)]), lost, lost, found, found])
    #expect(events[0] == [])
    #expect(events[1] == ["+sdown master kvorum host1 1"])
    #expect(events[2] == [])
    #expect(
      events[3] == [
        "+odown master kvorum host1 1 #quorum 2/2", "+failover-end master kvorum host1 1",
        "+switch-master kvorum host1 1 host2 2",
        "+slave slave host1:1 host1 1 @ kvorum host2 2", "+sdown slave host1:1 host1 1 @ kvorum host2 2",
        "+slave slave host3:3 host3 3 @ kvorum host2 2",
        "+sdown sentinel id1 host1 1 @ kvorum host2 2",
      ])
    #expect(events[4] == [])
  }

  @Test func `a handover is told without a word of a master that is down`() {
    let events = told([
      view(others: [node(1, canLead: true)]), view(confirmed: "id2", others: [node(1, canLead: true)]),
    ])
    #expect(
      events[1] == [
        "+failover-end master kvorum host1 1", "+switch-master kvorum host1 1 host2 2",
        "+slave slave host1:1 host1 1 @ kvorum host2 2",
      ])
  }

  @Test func `a master that was lost for a moment and leads on is no switch`() {
    #expect(told([view(), view(confirmed: nil), view()]) == [[], [], []])
    let gone = view(confirmed: nil, others: [node(1, canLead: true, isUp: false), node(3), node(4), node(5)])
    let events = told([view(), gone, view()])
    #expect(events[1] == ["+sdown master kvorum host1 1"])
    #expect(events[2] == ["-sdown master kvorum host1 1"])
  }

  @Test func `a node that has just begun to look tells of nobody`() {
    #expect(told([view(confirmed: nil), view(), view()]) == [[], [], []])
  }

  @Test func `nodes that come, go and return are told of`() {
    let base = [node(1, canLead: true), node(3)]
    let events = told([
      view(others: base), view(others: base + [node(4)]),
      view(others: [node(1, canLead: true), node(3, isUp: false), node(4)]), view(others: base + [node(4)]),
    ])
    #expect(
      events[1] == [
        "+slave slave host4:4 host4 4 @ kvorum host1 1", "+sentinel sentinel id4 host4 4 @ kvorum host1 1",
      ])
    #expect(
      events[2] == [
        "+sdown slave host3:3 host3 3 @ kvorum host1 1", "+sdown sentinel id3 host3 3 @ kvorum host1 1",
      ])
    #expect(
      events[3] == [
        "-sdown slave host3:3 host3 3 @ kvorum host1 1", "-sdown sentinel id3 host3 3 @ kvorum host1 1",
      ])
  }

  @Test func `channels of events are known by name and by pattern`() {
    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    #expect(SentinelEvent.isChannel(bytes("+switch-master")) && SentinelEvent.isChannel(bytes("-odown")))
    #expect(SentinelEvent.isChannel(bytes("__sentinel__:hello")))
    #expect(!SentinelEvent.isChannel(bytes("news")) && !SentinelEvent.isChannel([]))
    #expect(SentinelEvent.isCovered(by: bytes("*")) && SentinelEvent.isCovered(by: bytes("+switch*")))
    #expect(!SentinelEvent.isCovered(by: bytes("news*")))
    #expect(SentinelEvent.isReserved(bytes("+switch-master")) && !SentinelEvent.isReserved(bytes("+mine")))
  }
}
