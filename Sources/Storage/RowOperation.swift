import Replication
import SQLite

/// The column `op`.
enum RowOperation: Hashable {
  /// An entry of one mutation, or a part of a transaction.
  case mutation(Mutation.Operation)
  case transaction
  case configuration
  case noop

  private static let all =
    Mutation.Operation.allCases.map(RowOperation.mutation) + [.transaction, .configuration, .noop]

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let operation = Self.all.first(where: { $0.bytes.elementsEqual(bytes) }) else { return nil }
    self = operation
  }

  /// The mutation's operation, if the row is one mutation.
  var mutation: Mutation.Operation? {
    if case .mutation(let operation) = self { operation } else { nil }
  }

  func bind(to statement: SQLiteStatement, at parameter: Int32) throws {
    try statement.bind(bytes, as: .text, at: parameter)
  }

  private var bytes: UnsafeRawBufferPointer {
    let word: StaticString =
      switch self {
      case .mutation(let operation): operation.rowWord
      case .transaction: "txn"
      case .configuration: "config"
      case .noop: "noop"
      }
    return UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
  }
}

extension Mutation.Operation {
  /// The word for it in the column `op`.
  public var word: String { "\(rowWord)" }

  /// The operation with a word; nil if there is none.
  public init?(word: String) {
    guard let operation = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = operation
  }

  fileprivate var rowWord: StaticString {
    switch self {
    case .put: "put"
    case .delete: "delete"
    case .clear: "clear"
    case .expire: "expire"
    case .setField: "hset"
    case .deleteField: "hdel"
    case .addMember: "sadd"
    case .removeMember: "srem"
    case .setScore: "zadd"
    case .removeScored: "zrem"
    case .setElement: "lset"
    case .removeElement: "lrem"
    }
  }
}
