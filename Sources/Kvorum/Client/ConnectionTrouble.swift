import NIOCore
import NIOPosix
import TLS

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Why a connection could not be made or ended, as the end of a sentence that begins with the address.
func connectionTrouble(_ error: any Error) -> String {
  switch error {
  case let error as NIOConnectionError:
    if let single = error.connectionErrors.first { return connectionTrouble(single.error) }
    return "has no address: the name is not known"
  case let error as IOError:
    switch error.errnoCode {
    case ECONNREFUSED: return "refused the connection"
    case ECONNRESET, EPIPE: return "closed the connection"
    case ETIMEDOUT: return "does not answer"
    default: return "cannot be reached: \(String(cString: strerror(error.errnoCode)))"
    }
  case ChannelError.connectTimeout: return "does not answer"
  default: return TLSError.trouble(error) ?? "cannot be reached: \(error)"
  }
}
