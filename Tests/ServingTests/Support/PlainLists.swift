/// What the commands on lists mean, said by arrays.
struct PlainLists {
  private var lists: [String: [String]] = [:]

  /// A command that is likely to do something to one of two lists of about this size.
  static func anyCommand(size: Int, _ below: (Int) -> Int) -> String {
    let key = below(3) == 0 ? "b" : "a"
    let other = below(2) == 0 ? "b" : "a"
    func end() -> String { below(2) == 0 ? "LEFT" : "RIGHT" }
    func value() -> String { "\(below(6))" }
    func index() -> String { "\(below(2 * size + 3) - size - 1)" }
    switch below(18) {
    case 0, 1: return "LPUSH \(key) \(value())"
    case 2, 3: return "RPUSH \(key) \(value())"
    case 4: return "LPUSH \(key) \((0...below(5)).map { _ in value() }.joined(separator: " "))"
    case 5: return "RPUSH \(key) \((0...below(5)).map { _ in value() }.joined(separator: " "))"
    case 6: return "LPOP \(key)"
    case 7: return "RPOP \(key)"
    case 8: return "\(below(2) == 0 ? "LPOP" : "RPOP") \(key) \(1 + below(3))"
    case 9: return "LRANGE \(key) \(index()) \(index())"
    case 10: return "LINDEX \(key) \(index())"
    case 11: return "LSET \(key) \(index()) \(value())"
    case 12: return "LREM \(key) \(below(5) - 2) \(value())"
    case 13:
      let (first, last) = (below(3), 1 + below(3))
      return size > 100 ? "LTRIM \(key) \(first) -\(last)" : "LTRIM \(key) \(index()) \(index())"
    case 14, 15:
      return "LINSERT \(key) \(below(2) == 0 ? "BEFORE" : "AFTER") \(value()) \(value())"
    case 16: return "LMOVE \(key) \(other) \(end()) \(end())"
    default: return below(2) == 0 ? "LPOS \(key) \(value()) RANK -1 COUNT 2" : "LLEN \(key)"
    }
  }

  /// Does a command, and says what is answered.
  mutating func run(_ line: String) -> String {
    let words = line.split(separator: " ").map(String.init)
    let key = words[1]
    let exists = lists[key] != nil
    var list = lists[key] ?? []
    defer { for (key, list) in lists where list.isEmpty { lists[key] = nil } }
    switch words[0] {
    case "LPUSH":
      list.insert(contentsOf: words[2...].reversed(), at: 0)
      lists[key] = list
      return "\(list.count)"
    case "RPUSH":
      list += words[2...]
      lists[key] = list
      return "\(list.count)"
    case "LPOP", "RPOP":
      guard exists else { return "nil" }
      var taken: [String] = []
      for _ in 0..<(words.count > 2 ? Int(words[2])! : 1) where !list.isEmpty {
        taken.append(words[0] == "LPOP" ? list.removeFirst() : list.removeLast())
      }
      lists[key] = list
      return taken.joined(separator: " ")
    case "LLEN": return "\(list.count)"
    case "LRANGE": return range(words, in: list).map { list[$0] }.joined(separator: " ")
    case "LINDEX": return place(words[2], in: list).map { list[$0] } ?? "nil"
    case "LSET":
      guard exists else { return "ERR no such key" }
      guard let place = place(words[2], in: list) else { return "ERR index out of range" }
      lists[key]?[place] = words[3]
      return "OK"
    case "LREM":
      let count = Int(words[2])!
      var equal = list.indices.filter { list[$0] == words[3] }
      if count < 0 { equal.reverse() }
      if count != 0 { equal = Array(equal.prefix(abs(count))) }
      for place in equal.sorted(by: >) { list.remove(at: place) }
      lists[key] = list
      return "\(equal.count)"
    case "LTRIM":
      lists[key] = range(words, in: list).map { list[$0] }
      return "OK"
    case "LINSERT":
      guard exists else { return "0" }
      guard let pivot = list.firstIndex(of: words[3]) else { return "-1" }
      list.insert(words[4], at: words[2] == "BEFORE" ? pivot : pivot + 1)
      lists[key] = list
      return "\(list.count)"
    case "LPOS":
      return list.indices.reversed().filter { list[$0] == words[2] }.prefix(2).map { "\($0)" }
        .joined(separator: " ")
    case "LMOVE":
      guard exists else { return "nil" }
      let value = words[3] == "LEFT" ? list.removeFirst() : list.removeLast()
      lists[key] = list
      var other = lists[words[2]] ?? []
      other.insert(value, at: words[4] == "LEFT" ? 0 : other.count)
      lists[words[2]] = other
      return value
    default: preconditionFailure("\(words[0]) is no command of this")
    }
  }

  private func place(_ word: String, in list: [String]) -> Int? {
    let index = Int(word)!
    let place = index < 0 ? list.count + index : index
    return list.indices.contains(place) ? place : nil
  }

  private func range(_ words: [String], in list: [String]) -> [Int] {
    let bounds = [words[2], words[3]].map { Int($0)! }.map { $0 < 0 ? list.count + $0 : $0 }
    return list.indices.filter { bounds[0] <= $0 && $0 <= bounds[1] }
  }
}
