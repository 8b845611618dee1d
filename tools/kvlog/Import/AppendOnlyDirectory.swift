import Foundation

/// The directory of append-only files that Redis keeps since version 7: a manifest names them in their order.
enum AppendOnlyDirectory {
  /// The files of a directory or of its manifest; nil if the path is neither.
  static func files(at path: String) throws -> [String]? {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return nil }
    guard isDirectory.boolValue || path.hasSuffix(".manifest") else { return nil }
    let directory = isDirectory.boolValue ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    let manifests =
      isDirectory.boolValue
      ? names.filter { $0.hasSuffix(".manifest") } : [(path as NSString).lastPathComponent]
    guard manifests.count == 1 else {
      throw Unusable(
        "\(path) holds \(manifests.count) files named *.manifest, not one: name the file to import.")
    }
    let manifest = directory + "/" + manifests[0]
    let lines = try String(contentsOfFile: manifest, encoding: .utf8).split(separator: "\n")
    // As in: file appendonly.aof.1.incr.aof seq 1 type i
    let files = lines.compactMap { line -> (name: String, type: String, number: Int)? in
      let words = line.split(separator: " ").map(String.init)
      guard let file = words.firstIndex(of: "file"), let type = words.firstIndex(of: "type"),
        words.count > max(file, type) + 1
      else { return nil }
      let number = words.firstIndex(of: "seq").flatMap { words.count > $0 + 1 ? Int(words[$0 + 1]) : nil }
      return (words[file + 1], words[type + 1], number ?? 0)
    }
    let base = files.filter { $0.type == "b" }
    let increments = files.filter { $0.type == "i" }.sorted { $0.number < $1.number }
    guard !(base + increments).isEmpty else { throw Unusable("\(manifest) names no file.") }
    return (base + increments).map { directory + "/" + $0.name }
  }
}
