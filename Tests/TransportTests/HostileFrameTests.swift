import Foundation
import NIOCore
import Replication
import SwiftProtobuf
import Testing

@testable import Transport

@Suite struct HostileFrameTests {
  @Test func randomBytesNeverGiveMoreThanAnError() {
    var random = SplitMix64(seed: 31)
    var refused = 0
    for _ in 0..<100_000 {
      let count = Int.random(in: 1...80, using: &random)
      var body = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      // Half of them look like a message of the protocol at first sight.
      if count > 2, Bool.random(using: &random) {
        body[0] = UInt8.random(in: 1...14, using: &random) << 3 | 2
        body[1] = UInt8(count - 2)
      }
      do { _ = try decode(body) } catch {
        #expect(error is PeerProtocolError)
        refused += 1
      }
    }
    #expect(refused > 90_000)
  }

  @Test func damagedFramesAreRefusedOrAreSomeOtherValidFrame() throws {
    var content = RandomContent(seed: 32)
    var accepted = 0
    var refused = 0
    for _ in 0..<20_000 {
      var body = try encode(content.frame())
      for _ in 0...Int.random(in: 0...2, using: &content.random) where !body.isEmpty {
        let place = Int.random(in: 0..<body.count, using: &content.random)
        switch Int.random(in: 0..<3, using: &content.random) {
        case 0: body[place] = UInt8.random(in: 0...255, using: &content.random)
        case 1: body.removeSubrange(place...)
        default: body.insert(UInt8.random(in: 0...255, using: &content.random), at: place)
        }
      }
      guard !body.isEmpty else { continue }
      do {
        let frame = try #require(try decode(body))
        #expect(try decode(encode(frame)) == frame)
        accepted += 1
      } catch {
        #expect(error is PeerProtocolError)
        refused += 1
      }
    }
    #expect(accepted > 1_000 && refused > 1_000)
  }

  /// A way to break a valid message, and words of the error that must come of it.
  struct Damage: Sendable, CustomTestStringConvertible {
    var words: String
    var apply: @Sendable (inout WirePeerMessage) -> Void
    var testDescription: String { words }

    init(_ words: String, _ apply: @escaping @Sendable (inout WirePeerMessage) -> Void) {
      self.words = words
      self.apply = apply
    }
  }

  static let damages = [
    Damage("no message that this release knows") { $0.kind = nil },
    Damage("The append has no epoch") { $0.append.clearEpoch() },
    Damage("The append has no epoch") { $0.append.epoch = WireEpoch() },
    Damage("round 0, master") { $0.append.epoch.round = 0 },
    Damage("round 2, master 0000000000000000") { $0.append.epoch.master = 0 },
    Damage("epoch that cannot exist") { $0.append.epoch.round = 1 << 62 + 1 },
    Damage("The append has no log position") { $0.append.clearPrevious() },
    Damage("log position that cannot exist") { $0.append.previous.index = 0 },
    Damage("log position that cannot exist") { $0.append.previous.clearEpoch() },
    Damage("beyond the highest allowed") { $0.append.previous.index = .max },
    Damage("continues a log of the later epoch") { $0.append.previous.epoch.round = 3 },
    Damage("commit index of the append is 18446744073709551615") { $0.append.commit = .max },
    Damage("holds entry 9 right after entry 7") { $0.append.entries[0].index = 9 },
    Damage("holds entry 8 right after entry 8") { $0.append.entries[1].index = 8 },
    Damage("An entry has no index") { $0.append.entries[0].index = 0 },
    Damage("index of an entry") { $0.append.entries[0].index = .max },
    Damage("entry 8 has no epoch") { $0.append.entries[0].clearEpoch() },
    Damage("epochs never fall") { $0.append.entries[1].epoch.round = 1 },
    Damage("epochs never fall") { $0.append.entries[1].epoch.round = 3 },
    Damage("Entry 8 has no content") { $0.append.entries[0].payload = nil },
    Damage("Entry 8 holds no mutation") { $0.append.entries[0].mutations.mutations = [] },
    Damage("the operation put, has no key") { $0.append.entries[0].mutations.mutations[0].clearKey() },
    Damage("the operation put, has no value") { $0.append.entries[0].mutations.mutations[0].clearValue() },
    Damage("the operation put, has a member") { $0.append.entries[0].mutations.mutations[0].member = Data() },
    Damage("operation 0") { $0.append.entries[0].mutations.mutations[0].operation = .unspecified },
    Damage("operation 13") { $0.append.entries[0].mutations.mutations[0].operation = .UNRECOGNIZED(13) },
    Damage("operation 257") { $0.append.entries[0].mutations.mutations[0].operation = .UNRECOGNIZED(257) },
    Damage("the operation delete, has a value") {
      $0.append.entries[0].mutations.mutations[0].operation = .delete
    },
    Damage("the operation delete, has a point in time") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.delete) { $0.expiresAt = 1 }
    },
    Damage("the operation clear, has a key") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.clear) { _ in }
    },
    Damage("the operation expire, has a value") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.expire) { $0.value = Data() }
    },
    Damage("the operation expire, has a member") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.expire) { $0.member = Data() }
    },
    Damage("the operation setField, has no member") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.setField) { $0.value = Data() }
    },
    Damage("the operation setScore, has no value") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.setScore) { $0.member = Data() }
    },
    Damage("the operation addMember, has a value") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.addMember) {
        $0.member = Data()
        $0.value = Data()
      }
    },
    Damage("the operation removeElement, has a point in time") {
      $0.append.entries[0].mutations.mutations[0] = WireMutation(.removeElement) {
        $0.member = Data()
        $0.expiresAt = 0
      }
    },
    Damage("has no cluster id") { $0.append.entries[1].configuration.clearCluster() },
    Damage("lease is 0 ms") { $0.append.entries[1].configuration.leaseMilliseconds = 0 },
    Damage("lease is 9223372036854775807 ms") {
      $0.append.entries[1].configuration.leaseMilliseconds = .max
    },
    Damage("has no members") { $0.append.entries[1].configuration.clearCurrent() },
    Damage("no master or no slave") { $0.append.entries[1].configuration.current.slaves = [] },
    Damage("same node twice") {
      $0.append.entries[1].configuration.current.slaves += $0.append.entries[1].configuration.current.slaves
    },
    Damage("a slave as a master") { $0.append.entries[1].configuration.current.masters[0].role = .slave },
    Damage("role that this release does not know") {
      $0.append.entries[1].configuration.current.masters[0].role = .UNRECOGNIZED(9)
    },
    Damage("has no node id") { $0.append.entries[1].configuration.removed = [0] },
    Damage("holds entries although") {
      $0.pullReply.previous = WireLogPosition()
      $0.pullReply.entries = [
        WirePeerMessage.generated(
          Entry(index: 1, epoch: Epoch(round: 1, master: NodeID(4)), time: 0, payload: .noop))
      ]
      $0.pullReply.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4)))
    },
    Damage("no log position") { $0.pullReply.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4))) },
    Damage("The prepare has no epoch") { $0.prepare = WirePrepare() },
    Damage("The token of the prepare has no epoch") {
      $0.prepare.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4)))
      $0.prepare.token.target = 4
    },
    Damage("target of the handover has no node id") {
      $0.handover.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4)))
    },
    Damage("wait of -1 ns") { $0.pollReply.waitNanoseconds = -1 },
    Damage("does not tell its sender's last entry") {
      $0.prepareReply.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4)))
    },
    Damage("does not tell where it begins") {
      $0.pull.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4)))
    },
    Damage("no outcome") { $0.appendReply.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4))) },
    Damage("refusal of an append has no epoch") {
      $0.appendReply.epoch = WireEpoch(Epoch(round: 1, master: NodeID(4)))
      $0.appendReply.refusedPromised = WireEpoch()
    },
    Damage("handover request has no epoch") { $0.handoverRequest = WireHandoverRequest() },
    Damage("reason that this release does not know: go away") { $0.dismissal.explanation = "go away" },
    Damage("read request has no key") { $0.readRequest.number = 1 },
    Damage("has no value") { $0.readReply.found = true },
    Damage("it does not exist") { $0.readReply.value = Data([1]) },
    Damage("it does not exist") { $0.readReply.type = .hash },
    Damage("it does not exist") { $0.readReply.memberCount = 1 },
    Damage("the type 5") {
      $0.readReply.found = true
      $0.readReply.type = .UNRECOGNIZED(5)
    },
    Damage("one beside members") {
      $0.readReply.found = true
      $0.readReply.modifiedIndex = 1
      $0.readReply.type = .list
      $0.readReply.value = Data([1])
    },
    Damage("do not fit its type") {
      $0.readReply.found = true
      $0.readReply.modifiedIndex = 1
      $0.readReply.type = .set
    },
    Damage("do not fit its type") {
      $0.readReply.found = true
      $0.readReply.modifiedIndex = 1
      $0.readReply.value = Data([1])
      $0.readReply.memberCount = 1
    },
    Damage("report does not tell") { $0.report.state = "well" },
  ]

  @Test(arguments: damages)
  func aBrokenMessageIsRefusedWithASentenceThatNamesTheFault(damage: Damage) throws {
    let epoch = Epoch(round: 2, master: NodeID(4))
    let configuration = ClusterConfiguration(
      cluster: ClusterID(high: 1, low: 2), leaseMilliseconds: 500,
      current: MemberSet(
        masters: [Member(id: NodeID(4), name: "p", address: "a:1", role: .primary)],
        slaves: [Member(id: NodeID(5), name: "s", address: "a:2", role: .slave)]))
    let append = Message.Append(
      epoch: epoch, number: 1, previous: LogPosition(epoch: epoch, index: 7),
      entries: [
        Entry(index: 8, epoch: epoch, time: 0, payload: .mutations([.put([1], [2])])),
        Entry(index: 9, epoch: epoch, time: 0, payload: .configuration(configuration)),
      ], commit: 7)
    var message = WirePeerMessage.generated(.core(.append(append)))
    #expect(try decode(message) == .core(.append(append)))

    damage.apply(&message)
    // An unknown field keeps the message without content from being empty.
    let body: [UInt8] = try message.serializedBytes() + [0xf8, 0x01, 0x00]
    let error = #expect(throws: PeerProtocolError.self) { try decode(body) }
    #expect(error?.reason.contains(damage.words) == true, "\(error?.reason ?? "")")
  }

  @Test func aLengthBeyondTheLimitIsRefusedBeforeItsBytesCome() {
    var decoder = PeerFrameDecoder(maximumFrameLength: 1000)
    var buffer = ByteBuffer(integer: UInt32(1001))
    #expect(throws: PeerProtocolError.self) { try decoder.next(from: &buffer) }

    var strict = PeerFrameDecoder(maximumFrameLength: 1000)
    var allowed = ByteBuffer(integer: UInt32(1000))
    #expect(throws: Never.self) { try strict.next(from: &allowed) }

    var empty = ByteBuffer(integer: UInt32(0))
    #expect(throws: PeerProtocolError.self) { try strict.next(from: &empty) }
  }

  @Test func aDecoderThatFailedStaysFailed() throws {
    var decoder = PeerFrameDecoder()
    var bad = ByteBuffer(integer: UInt32.max)
    let first = #expect(throws: PeerProtocolError.self) { try decoder.next(from: &bad) }
    var good = framed(try encode(.core(.poll(Message.Poll(number: 1)))))
    let second = #expect(throws: PeerProtocolError.self) { try decoder.next(from: &good) }
    #expect(first == second)
  }

  @Test func theEncoderKeepsToTheLimitThatTheDecoderHas() throws {
    for frame in [
      PeerFrame.readRequest(
        ReadRequest(number: 1, minimumAppliedIndex: 1, key: [UInt8](repeating: 1, count: 90))),
      .core(.dismissal(Message.Dismissal(reason: .removed, explanation: String(repeating: "x", count: 90)))),
    ] {
      let length = try encode(frame).count
      var buffer = ByteBuffer(string: "before")
      #expect(throws: PeerProtocolError.self) {
        try PeerFrameEncoder(maximumFrameLength: length - 1).encode(frame, into: &buffer)
      }
      #expect(buffer == ByteBuffer(string: "before"))

      var exact = ByteBuffer()
      try PeerFrameEncoder(maximumFrameLength: length).encode(frame, into: &exact)
      var decoder = PeerFrameDecoder(maximumFrameLength: length)
      #expect(try decoder.next(from: &exact) == frame)
    }
  }

  @Test func groupsNestedWithoutEndAreRefused() {
    let body = [UInt8](repeating: 0x7b, count: 100_000)
    let error = #expect(throws: PeerProtocolError.self) { try decode(body) }
    #expect(error?.reason.contains("groups") == true)
  }
}

extension WireMutation {
  /// A mutation of the key 1 with more than that.
  fileprivate init(_ operation: WireOperation, _ more: (inout WireMutation) -> Void) {
    self.init()
    self.operation = operation
    key = Data([1])
    more(&self)
  }
}
