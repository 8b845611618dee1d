import CLibEdit
import Dispatch
import Foundation

/// Lines from the terminal, with editing and history by libedit.
///
/// libedit blocks and keeps global state, so it has a thread of its own.
final class LineEditor: Sendable {
  private let queue = DispatchQueue(label: "kvorum.prompt")
  private let historyFile: String?

  init() {
    historyFile = Self.historyFile()
    let file = historyFile
    queue.sync {
      setlocale(LC_ALL, "")
      TerminalGuard.install()
      kvorum_leave_signals_alone()
      using_history()
      stifle_history(1_000)
      if let file { read_history(file) }
    }
  }

  /// Asks for a line; nil when the input has ended.
  func readLine(_ prompt: String, remember: Bool) async -> [UInt8]? {
    await withCheckedContinuation { continuation in
      queue.async { [historyFile] in
        guard let line = readline(prompt) else { return continuation.resume(returning: nil) }
        let bytes = Array(UnsafeRawBufferPointer(start: line, count: strlen(line)))
        if remember, bytes.contains(where: { $0 != UInt8(ascii: " ") }), !Self.holdsSecret(bytes) {
          add_history(line)
          // Ctrl-C ends the program at any moment, so the file is kept up to date.
          if let historyFile { write_history(historyFile) }
        }
        free(line)
        continuation.resume(returning: bytes)
      }
    }
  }

  /// Whether a line may hold a password, which no file should keep.
  static func holdsSecret(_ line: [UInt8]) -> Bool {
    let words = String(decoding: line, as: UTF8.self).lowercased().split(separator: " ")
    guard let first = words.first else { return false }
    return first == "auth" || first == "hello" && words.contains("auth")
      || first == "acl" && words.dropFirst().first == "setuser"
  }

  /// The history's file, readable by its owner alone because it holds keys and values; nil without a home.
  private static func historyFile() -> String? {
    let environment = ProcessInfo.processInfo.environment
    let state: String
    if let directory = environment["XDG_STATE_HOME"], directory.hasPrefix("/") {
      state = directory
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      state = home + "/.local/state"
    } else {
      return nil
    }
    let directory = state + "/kvorum"
    try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let file = directory + "/history"
    let descriptor = open(file, O_CREAT | O_WRONLY, 0o600)
    guard descriptor >= 0 else { return nil }
    close(descriptor)
    return file
  }
}
