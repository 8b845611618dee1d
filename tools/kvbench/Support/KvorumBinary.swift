import Foundation

/// The program under test.
enum KvorumBinary {
  /// Finds `kvorum`: as named, by the variable KVORUM, or beside this program.
  ///
  /// - Throws: `BenchError` that says where it was looked for.
  static func find(_ named: String?) throws -> String {
    if let named = named ?? ProcessInfo.processInfo.environment["KVORUM"] {
      guard FileManager.default.isExecutableFile(atPath: named) else {
        throw BenchError("\(named) is not a program that can be run: name kvorum with --kvorum PATH")
      }
      return URL(fileURLWithPath: named).standardizedFileURL.path
    }
    let beside = ownPath.deletingLastPathComponent().appendingPathComponent("kvorum").path
    guard FileManager.default.isExecutableFile(atPath: beside) else {
      throw BenchError(
        "there is no kvorum at \(beside): build it (swift build --product kvorum) or name it with --kvorum PATH"
      )
    }
    return beside
  }

  /// This program's own file.
  static var ownPath: URL { URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath() }
}
