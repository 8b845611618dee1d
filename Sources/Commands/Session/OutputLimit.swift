/// How much output clients of a kind may leave lying, in the words of Redis' `client-output-buffer-limit`.
public struct OutputLimit: Hashable, Sendable {
  /// The kind of client.
  public enum Kind: String, Sendable, CaseIterable {
    /// One that asks and is answered.
    case normal
    /// Another node; its links have limits of their own.
    case slave
    /// One that is subscribed to something.
    case pubsub
  }

  /// The kind of client.
  public var kind: Kind
  /// A client with more than so many bytes is closed at once; 0 for no limit.
  public var hardBytes: Int64
  /// A client that has more than so many bytes for `softSeconds` is closed; 0 for no limit.
  public var softBytes: Int64
  /// For how long the soft limit may be passed, in seconds.
  public var softSeconds: Int64

  /// Makes a limit.
  public init(_ kind: Kind, hardBytes: Int64, softBytes: Int64, softSeconds: Int64) {
    self.kind = kind
    self.hardBytes = hardBytes
    self.softBytes = softBytes
    self.softSeconds = softSeconds
  }

  /// What Redis begins with.
  public static let standard = [
    OutputLimit(.normal, hardBytes: 0, softBytes: 0, softSeconds: 0),
    OutputLimit(.slave, hardBytes: 256 << 20, softBytes: 64 << 20, softSeconds: 60),
    OutputLimit(.pubsub, hardBytes: 32 << 20, softBytes: 8 << 20, softSeconds: 60),
  ]

  /// As CONFIG GET shows it.
  public var text: String { "\(kind.rawValue) \(hardBytes) \(softBytes) \(softSeconds)" }

  /// Whether so many bytes are over the soft limit.
  public func isSoftlyExceeded(by bytes: Int64) -> Bool { softBytes > 0 && bytes > softBytes }

  /// Whether a client that has so many bytes, and has been over the soft limit for so many seconds, is to be closed.
  public func isExceeded(by bytes: Int64, secondsOverSoft seconds: Int64?) -> Bool {
    hardBytes > 0 && bytes > hardBytes || seconds.map { $0 >= softSeconds } ?? false
  }

  /// Reads one or more limits; throws the reason why they are none.
  static func parse(_ text: String) throws(CommandError) -> [OutputLimit] {
    let words = text.split(separator: " ").map(String.init)
    guard !words.isEmpty, words.count % 4 == 0 else {
      throw CommandError("Wrong number of arguments in buffer limit configuration.")
    }
    var limits: [OutputLimit] = []
    for start in stride(from: 0, to: words.count, by: 4) {
      let name = words[start].lowercased()
      guard let kind = Kind(rawValue: name == "replica" ? "slave" : name) else {
        throw CommandError("Invalid client class specified in buffer limit configuration.")
      }
      guard let hard = ByteAmount.bytes(words[start + 1]), let soft = ByteAmount.bytes(words[start + 2]),
        let seconds = Int64(words[start + 3]), seconds >= 0
      else {
        throw CommandError("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
      }
      limits.append(OutputLimit(kind, hardBytes: hard, softBytes: soft, softSeconds: seconds))
    }
    return limits
  }
}
