/// What LPOS looks for.
struct ListSearchOptions {
  /// Where it begins.
  private(set) var end = ListEnd.head
  /// Which of the elements that are equal is the first to be answered, from 1.
  private(set) var rank: UInt64 = 1
  /// How many are asked for, 0 for all; nil for one that is not in an array.
  private(set) var count: Int64?
  /// How many elements are looked at.
  private(set) var maximum = Int.max

  /// How many are answered at most.
  var wanted: Int { count.map { $0 == 0 ? .max : Int($0) } ?? 1 }

  /// Reads RANK, COUNT and MAXLEN.
  init(_ arguments: ArraySlice<[UInt8]>) throws(CommandError) {
    var rest = arguments
    while let word = rest.popFirst() {
      let isRank = word.isWord("rank")
      let isCount = word.isWord("count")
      guard isRank || isCount || word.isWord("maxlen"), let argument = rest.popFirst() else {
        throw .syntax
      }
      let number = argument.parsedInteger
      if isRank {
        let rank = try argument.integer()
        guard rank != 0 else {
          throw CommandError(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative "
              + "to start from the end of the list")
        }
        end = rank < 0 ? .tail : .head
        self.rank = rank.magnitude
      } else if isCount {
        guard let number, number >= 0 else { throw CommandError("ERR COUNT can't be negative") }
        count = number
      } else {
        guard let number, number >= 0 else { throw CommandError("ERR MAXLEN can't be negative") }
        maximum = number == 0 ? .max : Int(number)
      }
    }
  }
}
