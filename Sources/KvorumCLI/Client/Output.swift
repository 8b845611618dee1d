#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes to a file descriptor, whole and unbuffered, because values need not be text.
enum Output {
  /// Writes to standard output.
  static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

  /// Writes a line to standard output.
  static func line(_ text: String) { write(Array(text.utf8) + [UInt8(ascii: "\n")]) }

  /// Writes a line to standard error.
  static func errorLine(_ text: String) { write(Array(text.utf8) + [UInt8(ascii: "\n")], to: STDERR_FILENO) }

  /// Writes a line that may hold any bytes to standard error.
  static func errorLine(_ bytes: [UInt8]) { write(bytes + [UInt8(ascii: "\n")], to: STDERR_FILENO) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        #if canImport(Glibc)
          let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        #elseif canImport(Musl)
          let count = Musl.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        #else
          let count = Darwin.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        #endif
        if count < 0, errno == EINTR { continue }
        // Whoever read our output is gone; there is nobody left to tell.
        guard count > 0 else { exit(1) }
        rest = rest.dropFirst(count)
      }
    }
  }
}
