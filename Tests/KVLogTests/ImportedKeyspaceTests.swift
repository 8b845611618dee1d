import Commands
import Foundation
import Replication
import Storage
import Testing

@testable import kvlog

/// What commands of an imported file are evaluated against.
@Suite struct ImportedKeyspaceTests {
  private static let keys: [[UInt8]] = [[1], [0x61], [0xFF]]
  private static let members: [[UInt8]] = [[], [0], [0x61], [0x62], [0x62, 0], [0xFF]]

  private static func mutation(_ random: inout SplitMix64) -> Mutation {
    func one<Element>(_ of: [Element], _ random: inout SplitMix64) -> Element {
      of[Int.random(in: of.indices, using: &random)]
    }
    let isMember = Int.random(in: 0..<5, using: &random) > 0
    let operation = one(Mutation.Operation.allCases.filter { ($0.container != nil) == isMember }, &random)
    return Mutation(
      operation: operation, key: operation == .clear ? [] : one(keys, &random),
      member: isMember ? one(members, &random) : [],
      value: operation.hasValue ? [UInt8.random(in: 0...255, using: &random)] : [],
      expiresAt: operation.hasExpiry ? Int64.random(in: 1...9, using: &random) : nil)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `it holds what entries mean, whether they are applied yet or not`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let directory = NSTemporaryDirectory() + "kvlog-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let builder = try ReplicaBuilder(directory: directory, node: NodeID(1))
    let imported = ImportedKeyspace(builder)
    var plain = PlainKeyspace()
    var pending: [Entry] = []
    for index in 1...200 as ClosedRange<LogIndex> {
      let mutation = Self.mutation(&random)
      plain.apply([mutation], at: index)
      try imported.add([mutation])
      pending.append(
        Entry(
          index: index, epoch: Epoch(round: 1, master: NodeID(1)), time: 0, payload: .mutations([mutation])))
      if Int.random(in: 0..<15, using: &random) == 0 {
        try builder.apply(pending)
        imported.clear()
        pending = []
      }
      let key = Self.keys[Int.random(in: Self.keys.indices, using: &random)]
      let (found, wanted) = (try imported.value(for: key), plain.value(for: key))
      #expect(found?.type == wanted?.type)
      #expect(found?.value == wanted?.value)
      #expect(found?.memberCount == wanted?.memberCount)
      #expect(found?.expiresAt == wanted?.expiresAt)
      for name in Self.members {
        #expect(try imported.member(name, of: key) == plain.member(name, of: key))
        for descending in [false, true] {
          #expect(
            try imported.members(of: key, after: name, limit: 2, descending: descending)
              == plain.members(of: key, after: name, limit: 2, descending: descending))
        }
      }
      #expect(
        try imported.members(of: key, after: nil, limit: .max, descending: false)
          == plain.members(of: key, after: nil, limit: .max))
    }
  }
}
