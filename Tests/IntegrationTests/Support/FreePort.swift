import Foundation
import Synchronization

/// Ports that nobody listens on.
///
/// They lie below the range from which the kernel takes the ports of outgoing connections: else a connection
/// could sit on a node's port while the node is down for a moment.
enum FreePort {
  private static let next = Mutex(Int.random(in: 16_000..<28_000))

  static func take() throws -> Int {
    try next.withLock { next in
      for _ in 0..<1_000 {
        next = next >= 32_000 ? 16_000 : next + 1
        if isFree(next) { return next }
      }
      throw DeadlineError(description: "no free port was found")
    }
  }

  /// Two ports in a row, the first of which is returned.
  static func takePair() throws -> Int {
    while true {
      let first = try take()
      if try take() == first + 1 { return first }
    }
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

func loopback(_ port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  return address
}
