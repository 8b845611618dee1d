import Foundation
import Glibc

/// A directory that is made beside its place, and put there once all in it is whole and on disk.
public final class NewDirectory {
  /// Where it will stand.
  public let target: String
  /// Where it is until then.
  public let path: String
  private let lock: AnyObject
  /// Of what is there now: nobody may begin to use it.
  private let targetLock: AnyObject?
  private var isComplete = false

  /// Begins a directory; what an attempt that was cut off has left in `path` is removed.
  public init(_ target: String) throws {
    let target = Self.normal(target)
    self.target = target
    path = target + ".partial"
    var place = stat()
    var above = stat()
    if stat(target, &place) == 0, stat(DataDirectory.parent(of: target), &above) == 0,
      place.st_dev != above.st_dev
    {
      throw StorageError(
        .foreign, target, "\(target) is a mount point and cannot be replaced: name a directory in it.")
    }
    targetLock =
      Self.isTaken(target) && SystemFiles.real.isDirectory(target)
      ? try SystemFiles.real.lock(target) : nil
    try DataDirectory.create(path, on: .real)
    lock = try SystemFiles.real.lock(path)
    try clear()
  }

  deinit {
    guard !isComplete else { return }
    try? clear()
    unlink(path + "/lock")
    rmdir(path)
  }

  /// Whether there is something at the place that is more than an empty directory.
  public static func isTaken(_ target: String) -> Bool {
    let target = normal(target)
    guard SystemFiles.real.isDirectory(target) else { return SystemFiles.real.exists(target) }
    return ((try? FileManager.default.contentsOfDirectory(atPath: target)) ?? ["?"]).contains { $0 != "lock" }
  }

  /// Makes a directory in it.
  public func makeDirectory(_ name: String) throws -> String {
    let inner = path + "/" + name
    try SystemFiles.real.makeDirectory(inner)
    return inner
  }

  /// Puts it in its place; what is there is moved aside, never removed.
  ///
  /// - Returns: Where that was moved; nil if there was nothing.
  public func complete() throws -> String? {
    for name in try FileManager.default.subpathsOfDirectory(atPath: path)
    where SystemFiles.real.isDirectory(path + "/" + name) {
      try SystemFiles.real.synchronizeDirectory(path + "/" + name)
    }
    try SystemFiles.real.synchronizeDirectory(path)
    var aside: String?
    if Self.isTaken(target) {
      let name = Self.freeName(target + ".old-" + Self.timestamp())
      try SystemFiles.real.rename(target, to: name)
      aside = name
    } else if SystemFiles.real.isDirectory(target) {
      unlink(target + "/lock")
    }
    try SystemFiles.real.rename(path, to: target)
    isComplete = true
    try SystemFiles.real.synchronizeDirectory(DataDirectory.parent(of: target))
    return aside
  }

  private func clear() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "lock" {
      try FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  private static func normal(_ path: String) -> String {
    var path = Substring(path)
    while path.count > 1, path.last == "/" { path.removeLast() }
    return String(path)
  }

  private static func freeName(_ wanted: String) -> String {
    var (name, number) = (wanted, 2)
    while SystemFiles.real.exists(name) {
      name = "\(wanted).\(number)"
      number += 1
    }
    return name
  }

  private static func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var text = [CChar](repeating: 0, count: 32)
    strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &parts)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
