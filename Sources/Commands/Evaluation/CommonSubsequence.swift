/// The longest common subsequence of two strings, as LCS answers it: by the usual table, which is walked from its end.
struct CommonSubsequence {
  /// What of it is wanted.
  struct Options {
    private(set) var wantsLength = false
    private(set) var wantsMatches = false
    private(set) var showsMatchLength = false
    private(set) var shortestMatch: Int64 = 0

    init(_ options: ArraySlice<[UInt8]>) throws(CommandError) {
      var rest = options
      while let option = rest.popFirst() {
        if option.isWord("len") {
          wantsLength = true
        } else if option.isWord("idx") {
          wantsMatches = true
        } else if option.isWord("withmatchlen") {
          showsMatchLength = true
        } else if option.isWord("minmatchlen"), let argument = rest.popFirst() {
          shortestMatch = max(0, try argument.integer())
        } else {
          throw .syntax
        }
      }
      guard !(wantsLength && wantsMatches) else {
        throw CommandError("ERR If you want both the length and indexes, please just use IDX.")
      }
    }
  }

  /// The table is made in one go, and the node must not be late for a heartbeat.
  private static let cellLimit = 16 << 20

  private let a: [UInt8]
  private let b: [UInt8]
  private let table: [UInt32]

  /// Compares two strings; throws if they are too long for that.
  init(_ a: [UInt8], _ b: [UInt8]) throws(CommandError) {
    let (cells, overflows) = (a.count + 1).multipliedReportingOverflow(by: b.count + 1)
    guard !overflows, cells <= Self.cellLimit else {
      throw CommandError(
        "ERR the strings are too long to compare: the product of their lengths is above \(Self.cellLimit)")
    }
    self.a = a
    self.b = b
    let width = b.count + 1
    var table = [UInt32](repeating: 0, count: cells)
    table.withUnsafeMutableBufferPointer { table in
      for i in 0..<a.count {
        let (row, above) = ((i + 1) * width, i * width)
        for j in 0..<b.count {
          table[row + j + 1] =
            a[i] == b[j] ? table[above + j] + 1 : max(table[above + j + 1], table[row + j])
        }
      }
    }
    self.table = table
  }

  private var length: Int { Int(table[table.count - 1]) }

  /// A run of bytes that both have, by the places of its first and last byte in each.
  private struct Match {
    var a: ClosedRange<Int>
    var b: ClosedRange<Int>
  }

  func reply(_ options: Options) -> Reply {
    if options.wantsLength { return .integer(Int64(length)) }
    let (text, matches) = walk()
    guard options.wantsMatches else { return .bulk(text) }
    let shown = matches.filter { $0.a.count >= options.shortestMatch }
    return .map([
      .init(
        .text("matches"),
        .array(
          shown.map { match in
            let places = [match.a, match.b].map { range in
              Reply.array([.integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound))])
            }
            return .array(places + (options.showsMatchLength ? [.integer(Int64(match.a.count))] : []))
          })), .init(.text("len"), .integer(Int64(length))),
    ])
  }

  /// The bytes in common, and the runs that they come in, the last one first.
  private func walk() -> (text: [UInt8], matches: [Match]) {
    var text: [UInt8] = []
    var matches: [Match] = []
    let width = b.count + 1
    var (i, j) = (a.count, b.count)
    while i > 0, j > 0 {
      if a[i - 1] == b[j - 1] {
        text.append(a[i - 1])
        if let last = matches.last, last.a.lowerBound == i, last.b.lowerBound == j {
          matches[matches.count - 1] = Match(
            a: (i - 1)...last.a.upperBound, b: (j - 1)...last.b.upperBound)
        } else {
          matches.append(Match(a: (i - 1)...(i - 1), b: (j - 1)...(j - 1)))
        }
        i -= 1
        j -= 1
      } else if table[(i - 1) * width + j] > table[i * width + j - 1] {
        i -= 1
      } else {
        j -= 1
      }
    }
    return (text.reversed(), matches)
  }
}
