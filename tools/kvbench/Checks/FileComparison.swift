import Replication
import Synchronization

/// Compares the files of all nodes after they have ended.
struct FileComparison: Sendable {
  /// The highest index that all logs hold.
  private(set) var commonIndex: LogIndex = 0
  /// The checksum chain's value there.
  private(set) var checksum: UInt64 = 0
  /// How many keys the replicas hold.
  private(set) var keys = 0
  /// What is wrong.
  private(set) var faults: [String] = []

  /// Reads and compares; the nodes must be level, so that each replica holds the whole log.
  init(_ nodes: [NodeFiles]) {
    let read = Mutex<[Int: NodeFiles.Contents]>([:])
    faults = parallel(Array(nodes.enumerated())) { place, node in
      do {
        let contents = try node.read()
        read.withLock { $0[place] = contents }
        return nil
      } catch {
        return Finding(text: "\(node.name): \(error)")
      }
    }.map(\.text)
    let contents = read.withLock { $0 }
    guard contents.count == nodes.count else { return }
    compareLogs(nodes, contents)
    for (place, node) in nodes.enumerated() { compareReplica(node.name, contents[place]!) }
    compareReplicas(nodes, contents)
    keys = contents[0]?.rows.count ?? 0
  }

  private mutating func compareLogs(_ nodes: [NodeFiles], _ contents: [Int: NodeFiles.Contents]) {
    commonIndex = contents.values.map(\.lastIndex).min() ?? 0
    do {
      let sums = try nodes.map { try $0.checksum(at: commonIndex) }
      checksum = sums.first.flatMap { $0 } ?? 0
      guard sums.contains(where: { $0 != sums[0] }) else { return }
      faults.append(
        "the logs differ at or before entry \(commonIndex): "
          + zip(nodes, sums).map { "\($0.name) \($1.map { String($0, radix: 16) } ?? "none")" }
          .joined(separator: ", "))
    } catch {
      faults.append("the logs could not be compared: \(error)")
    }
  }

  private mutating func compareReplica(_ name: String, _ contents: NodeFiles.Contents) {
    if contents.applied > contents.lastIndex {
      faults.append(
        "\(name) has applied entry \(contents.applied), but its log ends at \(contents.lastIndex)")
    }
    guard let replayed = contents.replayed else { return }
    if let difference = Self.difference(contents.rows, replayed) {
      faults.append("the replica of \(name) is not what its log makes: \(difference)")
    }
  }

  private mutating func compareReplicas(_ nodes: [NodeFiles], _ contents: [Int: NodeFiles.Contents]) {
    var first: [LogIndex: Int] = [:]
    for (place, node) in nodes.enumerated() {
      let applied = contents[place]!.applied
      guard let other = first[applied] else {
        first[applied] = place
        continue
      }
      if let difference = Self.difference(contents[place]!.rows, contents[other]!.rows) {
        faults.append("the replicas of \(node.name) and \(nodes[other].name) differ: \(difference)")
      }
    }
  }

  private static func difference(_ a: [[UInt8]: NodeFiles.Row], _ b: [[UInt8]: NodeFiles.Row]) -> String? {
    guard a != b else { return nil }
    for key in Set(a.keys).union(b.keys).sorted(by: { $0.lexicographicallyPrecedes($1) })
    where a[key] != b[key] {
      func text(_ row: NodeFiles.Row?) -> String {
        row.map {
          "\(String(decoding: $0.value.prefix(80), as: UTF8.self)) of entry \($0.modified), version \($0.version)"
        }
          ?? "nothing"
      }
      return "\(String(decoding: key, as: UTF8.self)) holds \(text(a[key])) and \(text(b[key]))"
    }
    return nil
  }
}
