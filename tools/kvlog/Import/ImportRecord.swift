import Replication

/// What a line or a command of an imported file asks for.
enum ImportRecord {
  /// Done as they are, as one entry; never empty.
  case mutations([Mutation])
  /// Evaluated, one after another, into one entry.
  case commands([[[UInt8]]])
  /// Asks for nothing that is kept, such as a read; counted under this name.
  case passedOver(String)
  /// Cannot be understood.
  case damaged(String)
}

/// Reads the records of one format, in order.
protocol ImportReader {
  /// The next record, and its place in the file for people; nil at the end.
  mutating func next() throws -> (record: ImportRecord, place: String)?
  /// What people should know of the file beside its records, each a sentence.
  var notes: [String] { get }
  /// How many bytes of the file were read.
  var bytesRead: UInt64 { get }
}
