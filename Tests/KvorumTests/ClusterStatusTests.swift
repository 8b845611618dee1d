import Testing

@testable import Kvorum
@testable import KvorumCLI

extension ClusterStatus {
  static var sample: ClusterStatus {
    let primary = NodeReference(id: "aa", role: "primary", name: "primary", address: "127.0.0.1:12345")
    return ClusterStatus(
      cluster: "00112233445566778899aabbccddeeff", reporter: primary, state: .active, active: primary,
      epoch: "3-aa00", n: 1, writeQuorum: 1, electionQuorum: 1, toleratedFailures: 0,
      lease: LeaseStatus(valid: true, remainingMilliseconds: 412, lengthMilliseconds: 500), lastIndex: 12,
      commitIndex: 11, appliedIndex: 10,
      nodes: [
        NodeStatus(
          id: "aa", name: "primary", role: "primary", address: "127.0.0.1:12345", state: .active,
          connected: true, lastIndex: 12, commitIndex: 11, appliedIndex: 10, lagEntries: 0, version: "0.1",
          dataDirectory: "/data/primary", logBytes: 4096, replicaBytes: 4096, walBytes: 0),
        NodeStatus(
          id: "bb", name: "slave-1", role: "slave", address: "127.0.0.1:40001", state: .voting,
          connected: true, lastIndex: 10, appliedIndex: 9, lagEntries: 2, lagMilliseconds: 7,
          leaseRemainingMilliseconds: 480),
      ])
  }
}

@Suite struct ClusterStatusTests {
  @Test func aStatusReadsAsItWasWritten() throws {
    #expect(try ClusterStatus(json: ClusterStatus.sample.json()) == .sample)
    #expect(try ClusterStatus(json: ClusterStatus.sample.json(pretty: true)) == .sample)
  }

  @Test func itsKeysAreInSnakeCase() {
    let text = String(decoding: ClusterStatus.sample.json(), as: UTF8.self)
    for key in ["write_quorum", "remaining_milliseconds", "lag_entries", "data_directory", "wal_bytes"] {
      #expect(text.contains("\"\(key)\":"))
    }
  }

  @Test func whatIsNoStatusIsRefused() {
    #expect {
      try ClusterStatus(json: Array("{}".utf8))
    } throws: {
      "\($0)".contains("KV.STATUS")
    }
  }

  @Test func theTableNamesTheActiveMasterTheQuorumsAndEachNode() {
    let text = StatusTable.text(.sample)
    #expect(text.contains("primary (primary) at 127.0.0.1:12345, epoch 3-aa00"))
    #expect(text.contains("n = 1, W = 1, R = 1; tolerates 0 slave failures now"))
    #expect(text.contains("valid, 412 of 500 ms"))
    #expect(text.contains("slave-1  slave    voting  127.0.0.1:40001  10    -       9        2 (7 ms)"))
  }
}
