import Foundation
import Kvorum
import NIOCore
import RESP

/// A plain connection, as a Redis client has it: blocking, and without any knowledge of masters.
final class RESPSocket: @unchecked Sendable {
  enum Trouble: Error {
    /// Nobody could be reached: nothing was sent.
    case unreachable
    /// It broke or was closed after something may have been sent.
    case ended
    /// No answer came in time.
    case silent
    case malformed(String)
  }

  // All access is from this queue, because the calls block.
  private let queue = DispatchQueue(label: "kvbench.socket")
  private let descriptor: Int32
  private var buffer = ByteBuffer()
  private var decoder = RESPValueDecoder()

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  static func open(_ endpoint: Endpoint, within limit: Duration) async throws -> RESPSocket {
    try await on(DispatchQueue(label: "kvbench.connect")) {
      RESPSocket(descriptor: try connected(endpoint, by: .now + limit))
    }
  }

  /// One command and its answer, which may be an error answer.
  func call(_ words: [String], within limit: Duration) async throws -> RESPValue {
    try await Self.on(queue) { [self] in
      let deadline = ContinuousClock.now + limit
      var request = ByteBuffer()
      request.writeRESPRequest(words)
      try send(request, by: deadline)
      return try receive(by: deadline)
    }
  }

  private func send(_ request: ByteBuffer, by deadline: ContinuousClock.Instant) throws {
    try request.withUnsafeReadableBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = Glibc.send(descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
          try Self.wait(descriptor, for: POLLOUT, by: deadline)
          continue
        }
        guard count > 0 else { throw Trouble.ended }
        sent += count
      }
    }
  }

  private func receive(by deadline: ContinuousClock.Instant) throws -> RESPValue {
    while true {
      do {
        if let value = try decoder.next(from: &buffer) { return value }
      } catch {
        throw Trouble.malformed(error.description)
      }
      var bytes = [UInt8](repeating: 0, count: 16 << 10)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        try Self.wait(descriptor, for: POLLIN, by: deadline)
        continue
      }
      guard count > 0 else { throw Trouble.ended }
      buffer.writeBytes(bytes.prefix(count))
    }
  }

  private static func connected(_ endpoint: Endpoint, by deadline: ContinuousClock.Instant) throws -> Int32 {
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let descriptor = socket(AF_INET, Int32(kind), 0)
    do {
      var address = sockaddr_in(host: endpoint.host, port: endpoint.port)
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if result != 0 {
        guard errno == EINPROGRESS else { throw Trouble.unreachable }
        do { try wait(descriptor, for: POLLOUT, by: deadline) } catch { throw Trouble.unreachable }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        guard failure == 0 else { throw Trouble.unreachable }
      }
      var one: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  private static func wait(_ descriptor: Int32, for event: Int32, by deadline: ContinuousClock.Instant) throws
  {
    while true {
      let left = (deadline - .now).seconds * 1_000
      guard left > 0 else { throw Trouble.silent }
      var poller = pollfd(fd: descriptor, events: Int16(event), revents: 0)
      let result = poll(&poller, 1, Int32(left.rounded(.up)))
      if result > 0 { return }
      if result < 0, errno != EINTR { throw Trouble.ended }
    }
  }

  private static func on<Result: Sendable>(
    _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}
