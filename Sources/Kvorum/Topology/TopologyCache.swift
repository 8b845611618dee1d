import Foundation

/// The files in which clients keep what they learned, one for each list of masters, so that the slaves can
/// be found when no master is up. A lost or broken file costs nothing but that.
struct TopologyCache: Sendable {
  /// The file for this client's masters.
  let file: URL

  /// The cache under a directory, for these masters in any order.
  init(directory: URL, masters: [Endpoint]) {
    file = directory.appendingPathComponent(Self.fileName(masters))
  }

  /// `$XDG_CACHE_HOME/kvorum`, else `~/.cache/kvorum`; nil if the environment names neither.
  static func standardDirectory(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> URL?
  {
    // The XDG specification says that a relative path is to be ignored.
    if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
      return URL(fileURLWithPath: cache).appendingPathComponent("kvorum")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return URL(fileURLWithPath: home).appendingPathComponent(".cache/kvorum")
  }

  /// What the last client learned; nil if none did or the file is not readable.
  func load() -> Topology? {
    guard let data = try? Data(contentsOf: file) else { return nil }
    return try? JSONDecoder().decode(Topology.self, from: data)
  }

  /// Keeps what was learned, if it is not what the file says already.
  ///
  /// The new file takes the old one's place by a rename, so that a reader sees one or the other.
  func store(_ topology: Topology) {
    guard topology != load() else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(topology) else { return }
    let directory = file.deletingLastPathComponent()
    try? FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try? data.write(to: file, options: .atomic)
  }

  private static func fileName(_ masters: [Endpoint]) -> String {
    let name = masters.map(\.description).sorted().joined(separator: ",")
    // File systems end names at 255 bytes; a hash keeps long lists apart.
    guard name.utf8.count > 200 else { return name + ".json" }
    let hash = name.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return name.prefix(180) + "-" + String(hash, radix: 16) + ".json"
  }
}
