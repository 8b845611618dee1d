import Replication
import SQLite

/// The column `op`.
enum RowOperation: CaseIterable {
  case put
  case delete
  case transaction
  case configuration
  case noop

  init(_ operation: Mutation.Operation) {
    switch operation {
    case .put: self = .put
    case .delete: self = .delete
    default: fatalError("not yet")
    }
  }

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let operation = Self.allCases.first(where: { $0.bytes.elementsEqual(bytes) }) else { return nil }
    self = operation
  }

  /// The mutation's operation, if the row is one mutation.
  var mutation: Mutation.Operation? {
    switch self {
    case .put: .put
    case .delete: .delete
    case .transaction, .configuration, .noop: nil
    }
  }

  func bind(to statement: SQLiteStatement, at parameter: Int32) throws {
    try statement.bind(bytes, as: .text, at: parameter)
  }

  private var bytes: UnsafeRawBufferPointer {
    let word: StaticString =
      switch self {
      case .put: "put"
      case .delete: "delete"
      case .transaction: "txn"
      case .configuration: "config"
      case .noop: "noop"
      }
    return UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
  }
}
