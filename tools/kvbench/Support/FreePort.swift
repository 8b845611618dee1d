import Foundation

/// Ports that nobody listens on.
///
/// They lie below the range from which the kernel takes the ports of outgoing connections: else a connection
/// could sit on a node's port while the node is down for a moment.
enum FreePort {
  /// - Throws: `BenchError` if there are not enough.
  static func take(_ count: Int) throws -> [Int] {
    var ports: Set<Int> = []
    for _ in 0..<10_000 where ports.count < count {
      let port = Int.random(in: 16_000..<32_000)
      if isFree(port) { ports.insert(port) }
    }
    guard ports.count == count else { throw BenchError("found no \(count) free ports from 16000 to 31999") }
    return ports.sorted()
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in(host: "127.0.0.1", port: port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}

extension sockaddr_in {
  /// An address in numbers.
  init(host: String, port: Int) {
    self.init()
    sin_family = sa_family_t(AF_INET)
    sin_port = in_port_t(port).bigEndian
    sin_addr.s_addr = inet_addr(host)
  }
}
