import Foundation

/// Many connections that do what no good client does, held by one thread until they are let go.
final class Crowd: @unchecked Sendable {
  private let port: Int
  private let queue = DispatchQueue(label: "test.crowd")
  private var sockets: [Int32] = []
  private var drip: (any DispatchSourceTimer)?

  init(port: Int) { self.port = port }

  deinit {
    drip?.cancel()
    for socket in sockets { close(socket) }
  }

  /// Raises this process's limit of open files as far as it goes, and says what it is then.
  static func raiseLimit() -> Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// So many more connect and say something that is not the whole of anything.
  func join(_ count: Int, saying bytes: [UInt8] = []) async throws {
    try await onQueue { [self] in
      for _ in 0..<count { push(bytes, to: try open()) }
    }
  }

  /// The first of each so many says something more, as far as it can.
  func say(_ bytes: [UInt8], toEach step: Int) async throws {
    try await onQueue { [self] in
      for place in stride(from: 0, to: sockets.count, by: step) { push(bytes, to: sockets[place]) }
    }
  }

  /// So many more connect and send without end, until the node stops taking it or `limit` bytes are sent by each.
  func flood(_ count: Int, beginning: [UInt8] = [], repeating bytes: [UInt8], limit: Int) async throws {
    try await onQueue { [self] in
      let opened = try (0..<count).map { _ in try open() }
      for socket in opened { push(beginning, to: socket) }
      var sent = [Int](repeating: 0, count: count)
      var unfinished = Array(opened.indices)
      // A node that takes no more may only be busy: it is given up when none of them has taken anything for 100 ms.
      var lastTaken = ContinuousClock.now
      while !unfinished.isEmpty, ContinuousClock.now - lastTaken < .milliseconds(100) {
        unfinished.removeAll { place in
          while sent[place] < limit {
            // From where the last one was cut, so that the protocol stays whole.
            let taken = push(Array(bytes[(sent[place] % bytes.count)...]), to: opened[place])
            guard taken > 0 else { return errno != EAGAIN }
            sent[place] += taken
            lastTaken = .now
          }
          return true
        }
        var writable = unfinished.map { pollfd(fd: opened[$0], events: Int16(POLLOUT), revents: 0) }
        poll(&writable, nfds_t(writable.count), 100)
      }
    }
  }

  /// So many more connect and send a byte each second.
  func trickle(_ count: Int, of bytes: [UInt8]) async throws {
    try await onQueue { [self] in
      let slow = try (0..<count).map { _ in try open() }
      var position = 0
      let timer = DispatchSource.makeTimerSource(queue: queue)
      timer.schedule(deadline: .now(), repeating: 1)
      timer.setEventHandler { [weak self] in
        for socket in slow { self?.push([bytes[position % bytes.count]], to: socket) }
        position += 1
      }
      timer.resume()
      drip = timer
    }
  }

  /// What the node has said to those who were let in since the start, in the order in which they came; nil to those
  /// whose connection is open and silent.
  func answers() async throws -> [String?] {
    try await onQueue { [self] in
      sockets.map { socket in
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(
          socket, &buffer, buffer.count, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
        if count < 0, errno == EAGAIN { return nil }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      }
    }
  }

  /// All of them go.
  func leave() async throws {
    try await onQueue { [self] in
      drip?.cancel()
      drip = nil
      for socket in sockets { close(socket) }
      sockets = []
    }
  }

  private func open() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      throw DeadlineError(description: "this process has too many files open: raise ulimit -n")
    }
    sockets.append(descriptor)
    // A small window: what is not read must stay with the node.
    var window: Int32 = 4_096
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size))
    var address = loopback(port)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw ConnectionTrouble.refused }
    return descriptor
  }

  /// Sends what the socket takes at once, and says how much that was.
  @discardableResult
  private func push(_ bytes: [UInt8], to socket: Int32) -> Int {
    bytes.isEmpty ? 0 : send(socket, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
  }

  private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
    -> Result
  {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}
