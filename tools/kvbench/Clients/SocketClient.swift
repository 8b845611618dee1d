import Kvorum
import RESP

/// Follows failovers by hand over a plain connection, as a simple Redis client does: goes where READONLY points,
/// tries the next master when a socket closes, and never sends a write again whose answer was lost.
///
/// It shares nothing with the library client but the codec, so that an error there cannot hide itself.
actor SocketClient: DatabaseClient {
  private static let patience = Duration.seconds(5)
  private static let answerPatience = Duration.seconds(3)

  private let masters: [Endpoint]
  private var current: Endpoint
  private var socket: RESPSocket?

  init(_ masters: [Endpoint], beginningWith place: Int) {
    self.masters = masters
    current = masters[place % masters.count]
  }

  func call(_ words: [String], isWrite: Bool) async -> CommandOutcome {
    let deadline = ContinuousClock.now + Self.patience
    var last = "no master was found"
    while ContinuousClock.now < deadline, !Task.isCancelled {
      guard let socket = await connected() else { continue }
      do {
        let value = try await socket.call(words, within: Self.answerPatience)
        guard let line = value.errorText else { return .value(value) }
        if ErrorAnswer.isDoubt(line) { return .unknown(line) }
        guard ErrorAnswer.isRefusal(line) else { return .wrong(line) }
        last = line
        await follow(line)
      } catch {
        leave()
        if case RESPSocket.Trouble.malformed(let what) = error { return .wrong(what) }
        if isWrite { return .unknown("\(error)") }
        last = "\(error)"
      }
    }
    return .refused(last)
  }

  private func connected() async -> RESPSocket? {
    if let socket { return socket }
    socket = try? await RESPSocket.open(current, within: .milliseconds(500))
    if socket == nil {
      leave()
      try? await Task.sleep(for: .milliseconds(10))
    }
    return socket
  }

  private func follow(_ line: String) async {
    guard line.hasPrefix("READONLY") else {
      // It leads but cannot serve now, or knows nobody who leads.
      if line.hasPrefix("MISCONF") { return await pause() }
      leave()
      return await pause()
    }
    let hint = line.split(separator: " ").first { $0.hasPrefix("active=") }?.dropFirst(7)
    if let hint, let endpoint = try? Endpoint(String(hint)), endpoint != current {
      socket = nil
      current = endpoint
    } else {
      leave()
      await pause()
    }
  }

  private func leave() {
    socket = nil
    let place = masters.firstIndex(of: current) ?? 0
    current = masters[(place + 1) % masters.count]
  }

  private func pause() async { try? await Task.sleep(for: .milliseconds(10)) }
}
