/// What the clients did and saw, key by key.
struct History {
  /// What the clients ask for.
  enum Action: Hashable, Sendable {
    case get
    case put(UInt64?)
    case putIfAbsent(UInt64)
  }

  private typealias Model = KeyedModel<[UInt8], RegisterModel<UInt64>>

  private var recorder = HistoryRecorder<Model>()
  /// The operations on each key.
  private var ofKey: [[UInt8]: [(operation: Int, action: Action)]] = [:]

  func count(of key: [UInt8]) -> Int { ofKey[key]?.count ?? 0 }

  /// Returns the operation's place among those on its key.
  mutating func begin(_ action: Action, on key: [UInt8], client: Int = 0) -> Int {
    let input: RegisterModel<UInt64>.Input =
      switch action {
      case .get: .get
      case .put(let value): .put(value)
      case .putIfAbsent(let value): .putIfAbsent(value)
      }
    let operation = recorder.begin(Model.Input(key, input), client: client)
    ofKey[key, default: []].append((operation, action))
    return count(of: key) - 1
  }

  mutating func end(_ place: Int, on key: [UInt8], seen: UInt64?) {
    guard let (operation, action) = ofKey[key]?[place] else { return }
    if case .put = action {
      recorder.end(operation, .done)
    } else {
      recorder.end(operation, .value(seen))
    }
  }

  mutating func void(_ place: Int, on key: [UInt8]) {
    if let known = ofKey[key]?[place] { recorder.void(known.operation) }
  }

  /// Whether the newest operation on a key was answered.
  func succeeded(lastOn key: [UInt8]) -> Bool {
    ofKey[key]?.last.map { recorder.isAnswered($0.operation) } ?? false
  }

  /// Checks each key; returns what is wrong with the first bad one, or nil.
  func check() -> String? {
    switch LinearizabilityChecker.check(recorder.operations, Model(RegisterModel())) {
    case .linearizable: nil
    case .notLinearizable(let counterexample): "the history of \(counterexample)"
    case .unknown(let reason): "whether the history is linearizable is not known: \(reason)"
    }
  }
}
