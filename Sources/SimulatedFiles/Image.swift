import Glibc

/// The bytes of a file, which grows and shrinks in place.
final class Image {
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  private(set) var count = 0

  deinit { free(memory) }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

  func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
    guard let start = source.baseAddress, !source.isEmpty else { return }
    if count < offset + source.count { resize(to: offset + source.count) }
    memcpy(memory! + offset, start, source.count)
  }

  /// Cuts the end off, or adds zeros.
  func resize(to size: Int) {
    if size > capacity {
      capacity = max(size, 2 * capacity, 4096)
      memory = realloc(memory, capacity)
    }
    if size > count { memset(memory! + count, 0, size - count) }
    count = size
  }

  /// Takes over what another holds.
  func become(_ other: Image) {
    resize(to: 0)
    write(other.bytes, at: 0)
  }

  func flip(bit: Int) {
    guard bit / 8 < count else { return }
    (memory! + bit / 8).assumingMemoryBound(to: UInt8.self).pointee ^= 1 << (bit % 8)
  }
}
