import RESP

extension KvorumClient {
  /// The value of a key as text; nil if there is no such key.
  ///
  /// - Throws: `KvorumError.notText` if the value is not UTF-8.
  public func get(_ key: String) async throws(KvorumError) -> String? {
    guard let value = try await get(Array(key.utf8)) else { return nil }
    guard let text = String(validating: value, as: UTF8.self) else {
      throw .notText(message: "The value of key \(key) is not UTF-8 text; ask for it by the key's bytes.")
    }
    return text
  }

  /// The value of a key; nil if there is no such key.
  public func get(_ key: [UInt8]) async throws(KvorumError) -> [UInt8]? {
    try Self.value(of: try await command([Array("GET".utf8), key]))
  }

  /// Writes a value. When it returns, the write is on the active master's disk and on a quorum of slaves.
  public func set(_ key: String, _ value: String) async throws(KvorumError) {
    try await set(Array(key.utf8), Array(value.utf8))
  }

  /// Writes a value. When it returns, the write is on the active master's disk and on a quorum of slaves.
  public func set(_ key: [UInt8], _ value: [UInt8]) async throws(KvorumError) {
    try await command([Array("SET".utf8), key, value])
  }

  /// Deletes a key, and says whether there was one.
  @discardableResult
  public func delete(_ key: String) async throws(KvorumError) -> Bool { try await delete(Array(key.utf8)) }

  /// Deletes a key, and says whether there was one.
  @discardableResult
  public func delete(_ key: [UInt8]) async throws(KvorumError) -> Bool {
    let answer = try await command([Array("DEL".utf8), key])
    guard let count = answer.integer else {
      throw .unexpectedAnswer(message: "The answer to DEL is not a number.")
    }
    return count > 0
  }

  static func value(of answer: RESPValue) throws(KvorumError) -> [UInt8]? {
    if answer.isNull { return nil }
    guard let bytes = answer.bytes else {
      throw .unexpectedAnswer(message: "The answer to GET is neither a string nor nil.")
    }
    return bytes
  }
}
