import Serving
import Testing

@Suite struct SubscriptionTableTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func receivers(_ table: SubscriptionTable, _ channel: String) -> [String] {
    var all: [String] = []
    let count = table.receivers(of: bytes(channel)) { subscriber, pattern in
      all.append("\(subscriber) \(pattern.map { String(decoding: $0, as: UTF8.self) } ?? "-")")
    }
    #expect(count == all.count)
    return all.sorted()
  }

  @Test func `a message reaches each subscription once`() {
    var table = SubscriptionTable()
    #expect(table.subscribe(1, to: bytes("a"), as: .channel) == 1)
    #expect(table.subscribe(1, to: bytes("a"), as: .channel) == 1, "a second time changes nothing")
    #expect(table.subscribe(1, to: bytes("a*"), as: .pattern) == 2)
    #expect(table.subscribe(1, to: bytes("*"), as: .pattern) == 3)
    #expect(table.subscribe(2, to: bytes("a"), as: .channel) == 1)
    #expect(receivers(table, "a") == ["1 *", "1 -", "1 a*", "2 -"])
    #expect(receivers(table, "b") == ["1 *"])
  }

  @Test func `what is left of a subscription that has ended is nothing`() {
    var table = SubscriptionTable()
    for subscriber in [UInt64(1), 2] {
      _ = table.subscribe(subscriber, to: bytes("a"), as: .channel)
      _ = table.subscribe(subscriber, to: bytes("+switch-master"), as: .channel)
      _ = table.subscribe(subscriber, to: bytes("p?"), as: .pattern)
    }
    #expect(table.hearsEvents(1))
    #expect(table.unsubscribe(1, from: bytes("+switch-master"), as: .channel) == 2)
    #expect(!table.hearsEvents(1) && table.hearsEvents(2))
    #expect(table.unsubscribe(1, from: bytes("unknown"), as: .channel) == 2)
    #expect(table.unsubscribe(1, from: bytes("p?"), as: .channel) == 2, "a pattern is no channel")
    #expect(table.names(of: 1, as: .channel) == [bytes("a")])
    #expect(table.names(of: 1, as: .pattern) == [bytes("p?")])
    #expect(table.bytes(of: 1) > 0)
    table.removeAll(of: 1)
    #expect(table.count(of: 1) == 0 && table.bytes(of: 1) == 0)
    #expect(receivers(table, "a") == ["2 -"])
    table.removeAll(of: 2)
    #expect(table.subscriberCount == 0 && table.channelCount == 0 && table.patternCount == 0)
  }

  @Test func `figures are those of PUBSUB`() {
    var table = SubscriptionTable()
    _ = table.subscribe(1, to: bytes("b"), as: .channel)
    _ = table.subscribe(2, to: bytes("b"), as: .channel)
    _ = table.subscribe(2, to: bytes("a"), as: .channel)
    _ = table.subscribe(1, to: bytes("*"), as: .pattern)
    _ = table.subscribe(2, to: bytes("*"), as: .pattern)
    #expect(table.activeChannels(matching: nil) == [bytes("a"), bytes("b")])
    #expect(table.activeChannels(matching: bytes("b*")) == [bytes("b")])
    #expect(table.subscriberCount(of: bytes("b")) == 2, "patterns do not count")
    #expect(table.patternCount == 1, "the same pattern of two counts once")
  }
}
