import ArgumentParser
import Foundation
import Storage

/// Where results go.
enum Output {
  /// Prints a report, as JSON or as lines for people.
  static func write(_ report: some Encodable, json: Bool, lines: @autoclosure () -> [String]) throws {
    guard json else { return write(lines().joined(separator: "\n") + "\n") }
    write(try Self.json(report))
  }

  static func json(_ report: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
  }

  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        let count = Glibc.write(1, bytes.baseAddress! + start, bytes.count - start)
        // Nobody reads any more.
        guard count > 0 else { exit(0) }
        start += count
      }
    }
  }
}

/// Runs a command that says whether all was well: exit code 0 if so, 1 if not, and 2, with the reason, if it could not
/// do what it was asked.
func conclude(_ body: () throws -> Bool) throws {
  signal(SIGPIPE, SIG_IGN)
  do {
    guard try body() else { throw ExitCode(1) }
  } catch let error as ExitCode {
    throw error
  } catch {
    FileHandle.standardError.write(Data("kvlog: \(error)\n".utf8))
    throw ExitCode(2)
  }
}

func formatted(_ value: Double) -> String {
  String(format: "%.1f", value)
}
