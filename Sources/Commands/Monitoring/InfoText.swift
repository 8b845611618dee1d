/// The text of INFO, section by section.
public struct InfoText: Sendable {
  private let wanted: Set<String>
  private let wantsDefault: Bool
  private let wantsAll: Bool
  /// What was added so far; its lines end in CRLF.
  public private(set) var text = ""

  /// Begins a text of the sections that the words after INFO name.
  public init(sections words: [[UInt8]]) {
    wanted = Set(words.map { $0.lossyText.lowercased() })
    wantsAll = wanted.contains("all") || wanted.contains("everything")
    wantsDefault = wanted.isEmpty || wanted.contains("default") || wantsAll
  }

  /// Adds a section if it is wanted; only then its fields are asked for.
  ///
  /// - Parameter isDefault: Whether it belongs to an INFO that names no section.
  public mutating func add(_ name: String, isDefault: Bool = true, _ fields: () -> [(String, String)]) {
    guard wanted.contains(name.lowercased()) || wantsAll || wantsDefault && isDefault else { return }
    if !text.isEmpty { text += "\r\n" }
    text += "# \(name)\r\n"
    for (key, value) in fields() { text += "\(key):\(value)\r\n" }
  }

  /// A number of bytes for people, such as `1.50M`.
  public static func bytes(_ count: Int) -> String { ByteAmount.text(Int64(count)) }
}
