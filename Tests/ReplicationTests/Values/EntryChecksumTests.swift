import Replication
import Testing

@Suite struct EntryChecksumTests {
  @Test(
    arguments: [
      ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
      ("The quick brown fox jumps over the lazy dog", 0x0B24_2D36_1FDA_71BC),
    ] as [(String, UInt64)])
  func `xxh64 gives the published values`(text: String, expected: UInt64) {
    #expect(xxh64(bytes(text), seed: 0) == expected)
  }

  /// From the reference implementation: each length takes another way through stripes, words and bytes.
  @Test(
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (1, 0, 0x1F25_C8D0_BC1F_4BB6), (3, 0, 0x31D2_363F_52E5_64C9),
      (4, 0, 0x9BB6_4B7D_66EE_9FDA), (7, 0, 0x9A7B_1499_59CE_60D8), (8, 0, 0xDAB9_9D95_C6F9_0092),
      (14, 0, 0xC7F1_D4D0_ACFA_5A14), (31, 0, 0xA2AA_5F33_CC4A_6119), (32, 0, 0x23C3_C17E_F790_FD97),
      (33, 0, 0x50A7_CFC7_BA58_8784), (63, 0, 0x5E3E_54B4_31C7_493C), (64, 0, 0x0EB6_4B3E_F6EE_B01F),
      (101, 0, 0xBAD4_D3BF_033B_DA4C), (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
      (1, 2_654_435_761, 0x79CF_94F5_ACE3_7FE1), (3, 2_654_435_761, 0x96D2_A5E5_83DD_D738),
      (4, 2_654_435_761, 0x4A86_2FBB_4B73_776E), (7, 2_654_435_761, 0xDDC5_CF71_D37A_6368),
      (8, 2_654_435_761, 0xC6E7_5E2C_BD8E_07EE), (14, 2_654_435_761, 0x5134_1A13_8B09_8941),
      (31, 2_654_435_761, 0x3818_22F3_3376_D6B6), (32, 2_654_435_761, 0x9ABD_3154_70AC_276A),
      (33, 2_654_435_761, 0x72CD_D326_2F46_7933), (63, 2_654_435_761, 0x634D_A7D2_6597_9E61),
      (64, 2_654_435_761, 0xBCB3_847D_7052_5180), (101, 2_654_435_761, 0x6C89_2CEE_BBC6_60AA),
    ] as [(Int, UInt64, UInt64)])
  func `xxh64 gives the reference values for every shape of input`(
    length: Int, seed: UInt64, expected: UInt64
  ) {
    let pattern = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
    #expect(xxh64(pattern, seed: seed) == expected)
  }

  @Test func `a checksum changes with each field of an entry and with the value before it`() {
    let base = Entry(
      index: 5, epoch: epoch(3), time: 7,
      payload: .mutations([.put(bytes("key"), bytes("value"), expiresAt: 9)]))
    var variants = [base]
    func vary(_ change: (inout Entry) -> Void) {
      var entry = base
      change(&entry)
      variants.append(entry)
    }
    vary { $0.index = 6 }
    vary { $0.epoch = epoch(4) }
    vary { $0.epoch = epoch(3, "m2") }
    vary { $0.time = 8 }
    vary { $0.payload = .noop }
    vary { $0.payload = .mutations([.put(bytes("kez"), bytes("value"), expiresAt: 9)]) }
    // A byte that moves from the key to the value leaves the concatenation the same.
    vary { $0.payload = .mutations([.put(bytes("keyv"), bytes("alue"), expiresAt: 9)]) }
    vary { $0.payload = .mutations([.put(bytes("key"), bytes("valuf"), expiresAt: 9)]) }
    vary { $0.payload = .mutations([.put(bytes("key"), bytes("value"), expiresAt: 10)]) }
    vary { $0.payload = .mutations([.put(bytes("key"), bytes("value"), expiresAt: nil)]) }
    vary { $0.payload = .mutations([.put(bytes("key"), bytes("value"), expiresAt: 0)]) }
    vary { $0.payload = .mutations([.delete(bytes("key"))]) }
    vary { $0.payload = .mutations([.put(bytes("key"), [])]) }
    vary {
      $0.payload = .mutations([
        .put(bytes("key"), bytes("value"), expiresAt: 9), .put(bytes("key"), bytes("value"), expiresAt: 9),
      ])
    }
    vary {
      $0.payload = .mutations([.put(bytes("a"), bytes("1")), .put(bytes("b"), bytes("2"))])
    }
    vary {
      $0.payload = .mutations([.put(bytes("b"), bytes("2")), .put(bytes("a"), bytes("1"))])
    }
    let sums = variants.map { EntryChecksum.next(after: 1, $0) }
    #expect(Set(sums).count == variants.count)
    #expect(EntryChecksum.next(after: 2, base) != sums[0])
    #expect(EntryChecksum.next(after: 1, base) == sums[0])
  }

  @Test func `a checksum changes with each field of a configuration`() {
    let base = configuration(members("m1", "m2", "s1", "s2"))
    var variants = [base]
    func vary(_ change: (inout ClusterConfiguration) -> Void) {
      var copy = base
      change(&copy)
      variants.append(copy)
    }
    vary { $0.cluster.high += 1 }
    vary { $0.cluster.low += 1 }
    vary { $0.leaseMilliseconds += 1 }
    vary { $0.current.slaves[0].id = id("s9") }
    vary { $0.current.slaves[0].name = "s9" }
    vary { $0.current.slaves[0].address = "s9:1" }
    vary { $0.current.masters[1].role = .primary }
    vary { $0.current.slaves.swapAt(0, 1) }
    vary { $0.current.slaves.removeLast() }
    vary { $0.current.masters.removeLast() }
    vary { $0.incoming = $0.current }
    vary { $0.removed = [id("s7")] }
    vary { $0.removed = [id("s8")] }
    // The same nodes in the same order, but one of them counted on the other side.
    vary {
      $0.current.slaves.insert($0.current.masters.removeLast(), at: 0)
    }
    let sums = variants.map { EntryChecksum.next(after: 0, configured(1, epoch(1), $0)) }
    #expect(Set(sums).count == variants.count)
  }

  @Test func `two logs that differ early differ in every later checksum`() {
    func chain(_ first: String) -> [UInt64] {
      var sum = EntryChecksum.initial
      return (1...4 as ClosedRange<LogIndex>).map { index in
        sum = EntryChecksum.next(after: sum, put(index, epoch(1), index == 1 ? first : "same"))
        return sum
      }
    }
    #expect(zip(chain("a"), chain("b")).allSatisfy { $0 != $1 })
    #expect(chain("a") == chain("a"))
  }
}
