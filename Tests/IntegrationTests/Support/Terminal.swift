import Foundation
import Processes
import Synchronization

/// A program on a pseudo terminal, and the person in front of it.
final class Terminal: Sendable {
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430
  private let controller: Int32
  private let program: ChildProcess
  private let screen = Mutex<[UInt8]>([])

  init(_ arguments: [String], in directory: String) throws {
    // What posix_openpt, unlockpt and ptsname do; Swift does not see them on Linux.
    controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: Int32 = 0
    var number: UInt32 = 0
    guard controller >= 0, ioctl(controller, Self.setLock, &locked) == 0,
      ioctl(controller, Self.getNumber, &number) == 0
    else { throw DeadlineError(description: "there is no pseudo terminal") }
    var size = winsize(ws_row: 40, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
    program = try ChildProcess(
      [KvorumBinary.path] + arguments, streams: .terminal("/dev/pts/\(number)"),
      environment: KvorumBinary.environment(in: directory), group: .ownSession)
    _ = fcntl(controller, F_SETFL, O_NONBLOCK)
  }

  deinit {
    program.destroy()
    close(controller)
  }

  /// Everything on the screen until now.
  var text: String {
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = read(controller, &chunk, chunk.count), count > 0 {
      screen.withLock { $0 += chunk[..<count] }
    }
    return String(decoding: screen.withLock { $0 }, as: UTF8.self)
  }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(controller, bytes, bytes.count)
  }

  /// Waits until `sentence` stands on the screen after what was seen before, and forgets all up to it.
  func expect(_ sentence: String) async throws {
    do {
      try await eventually("\"\(sentence)\" is on the screen", within: .seconds(10)) {
        text.contains(sentence)
      }
    } catch {
      throw DeadlineError(description: "\(error); the screen shows: \(text.debugDescription)")
    }
    screen.withLock { screen in
      let shown = String(decoding: screen, as: UTF8.self)
      guard let range = shown.range(of: sentence) else { return }
      screen = Array(shown[range.upperBound...].utf8)
    }
  }

  func exit() async throws -> ChildProcess.Exit {
    try await eventually("the program ends") {
      _ = text
      return program.poll() != nil
    }
    return program.poll()!
  }
}
