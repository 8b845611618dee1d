import Foundation

/// An answer of a node. Of RESP3 it knows pushes and nulls; a map is an array of keys and values.
enum RawReply: Hashable, CustomStringConvertible {
  case simple(String)
  case error(String)
  case integer(Int64)
  case bulk([UInt8])
  case null
  case array([RawReply])
  case push([RawReply])

  static func text(_ text: String) -> RawReply { .bulk(Array(text.utf8)) }

  var errorText: String? {
    if case .error(let text) = self { return text }
    return nil
  }

  var description: String {
    switch self {
    case .simple(let text): "+\(text)"
    case .error(let text): "-\(text)"
    case .integer(let number): ":\(number)"
    case .bulk(let bytes): "\"\(String(decoding: bytes.prefix(200), as: UTF8.self))\""
    case .null: "nil"
    case .array(let elements): "\(elements)"
    case .push(let elements): ">\(elements)"
    }
  }
}

/// What went wrong with a connection.
enum ConnectionTrouble: Error, Hashable {
  case refused
  /// The node closed it.
  case ended
  /// No answer came in time.
  case silent
  case malformed(String)
}

/// The least that a Redis client can be: blocking sockets, no knowledge of masters or failovers, and nothing of
/// the client that it checks.
final class RESPConnection: @unchecked Sendable {
  private let descriptor: Int32
  // Sending and receiving have a thread each, so that a long pipeline cannot block itself.
  private let sending = DispatchQueue(label: "test.send")
  private let receiving = DispatchQueue(label: "test.receive")
  private var buffer: [UInt8] = []
  private var position = 0

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// - Throws: `ConnectionTrouble.refused` if nobody listens there.
  static func open(port: Int) async throws -> RESPConnection {
    try await on(DispatchQueue(label: "test.connect")) {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = loopback(port)
      let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard result == 0 else {
        close(descriptor)
        throw ConnectionTrouble.refused
      }
      var one: Int32 = 1
      setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
      return RESPConnection(descriptor: descriptor)
    }
  }

  /// One command and its answer.
  func call(_ words: [[UInt8]], within limit: Duration = .seconds(10)) async throws -> RawReply {
    try await send(Self.encode(words))
    return try await receive(within: limit)
  }

  /// One command and its answer.
  func call(_ words: String..., within limit: Duration = .seconds(10)) async throws -> RawReply {
    try await call(words.map { Array($0.utf8) }, within: limit)
  }

  func send(_ bytes: [UInt8]) async throws {
    try await Self.on(sending) { [self] in
      try bytes.withUnsafeBytes { bytes in
        var sent = 0
        while sent < bytes.count {
          let count = Glibc.send(
            descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { throw ConnectionTrouble.ended }
          sent += count
        }
      }
    }
  }

  /// The next answer.
  func receive(within limit: Duration = .seconds(10)) async throws -> RawReply {
    try await Self.on(receiving) { [self] in
      deadline = .now + limit
      return try parse()
    }
  }

  /// The next answers.
  func receive(_ count: Int, within limit: Duration) async throws -> [RawReply] {
    try await Self.on(receiving) { [self] in
      deadline = .now + limit
      return try (0..<count).map { _ in try parse() }
    }
  }

  static func encode(_ words: [[UInt8]]) -> [UInt8] {
    var bytes = Array("*\(words.count)\r\n".utf8)
    for word in words {
      bytes += Array("$\(word.count)\r\n".utf8)
      bytes += word
      bytes += [13, 10]
    }
    return bytes
  }

  /// One command and the bytes of its answer, in whichever version of the protocol.
  func exchange(_ words: [[UInt8]], within limit: Duration = .seconds(10)) async throws -> [UInt8] {
    try await send(Self.encode(words))
    return try await Self.on(receiving) { [self] in
      deadline = .now + limit
      return try readBytesOfReply()
    }
  }

  // MARK: On the receiving thread

  private func readBytesOfReply() throws -> [UInt8] {
    let line = try readLine()
    var bytes = line + [13, 10]
    let count = Int(String(decoding: line.dropFirst(), as: UTF8.self)) ?? 0
    switch line.first.map({ UnicodeScalar($0) }) {
    case "$", "=": if count >= 0 { bytes += try read(count + 2) }
    case "*", "~", ">": for _ in 0..<max(0, count) { bytes += try readBytesOfReply() }
    case "%": for _ in 0..<2 * count { bytes += try readBytesOfReply() }
    default: break
    }
    return bytes
  }

  private var deadline = ContinuousClock.now

  private func parse() throws -> RawReply {
    let line = try readLine()
    guard let mark = line.first else { throw ConnectionTrouble.malformed("an empty line") }
    let text = String(decoding: line.dropFirst(), as: UTF8.self)
    switch UnicodeScalar(mark) {
    case "+": return .simple(text)
    case "-": return .error(text)
    case ":":
      guard let number = Int64(text) else { throw ConnectionTrouble.malformed(":\(text)") }
      return .integer(number)
    case "$":
      guard let count = Int(text) else { throw ConnectionTrouble.malformed("$\(text)") }
      guard count >= 0 else { return .null }
      let bytes = try read(count)
      guard try read(2) == [13, 10] else { throw ConnectionTrouble.malformed("a string without its end") }
      return .bulk(bytes)
    case "*":
      guard let count = Int(text) else { throw ConnectionTrouble.malformed("*\(text)") }
      guard count >= 0 else { return .null }
      return .array(try (0..<count).map { _ in try parse() })
    case "_": return .null
    case ">", "%":
      guard let count = Int(text), count >= 0 else { throw ConnectionTrouble.malformed(text) }
      let elements = try (0..<(mark == UInt8(ascii: "%") ? 2 * count : count)).map { _ in try parse() }
      return mark == UInt8(ascii: ">") ? .push(elements) : .array(elements)
    default: throw ConnectionTrouble.malformed(String(decoding: line.prefix(80), as: UTF8.self))
    }
  }

  private func readLine() throws -> [UInt8] {
    var end = position
    while true {
      while end < buffer.count {
        if buffer[end] == 10 {
          let line = Array(buffer[position..<max(position, end - 1)])
          position = end + 1
          return line
        }
        end += 1
      }
      end -= position
      try fill()
      end += position
    }
  }

  private func read(_ count: Int) throws -> [UInt8] {
    if buffer.count - position >= count {
      defer { position += count }
      return Array(buffer[position..<position + count])
    }
    var have = buffer.count - position
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      for place in 0..<have { target[place] = buffer[position + place] }
      while have < count {
        have += try receiveSome(
          UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[have...]))
      }
      initialized = count
    }
    buffer = []
    position = 0
    return bytes
  }

  private func fill() throws {
    buffer.removeFirst(position)
    position = 0
    let chunk = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { target, initialized in
      initialized = try receiveSome(UnsafeMutableRawBufferPointer(target))
    }
    buffer += chunk
  }

  private func receiveSome(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let left = (deadline - .now).milliseconds
      guard left > 0 else { throw ConnectionTrouble.silent }
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&wanted, 1, Int32(clamping: left)) > 0 else { continue }
      let count = recv(descriptor, target.baseAddress, target.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ConnectionTrouble.ended }
      return count
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
