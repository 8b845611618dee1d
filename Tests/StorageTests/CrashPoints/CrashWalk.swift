import Replication
import SimulatedFiles
import Storage

/// Lets faults happen at each system call of an operation in turn, and looks at what is left.
final class CrashWalk {
  /// How a machine goes on after a crash.
  enum Sequel: Hashable {
    /// The process alone has died.
    case kill
    case powerCut(Survival)

    static let all: [Sequel] =
      [.kill, .powerCut(.nothing), .powerCut(.everything)]
      + (1...4).map { .powerCut(.some(seed: $0)) }
  }

  /// The promises that were broken, each with the place.
  private(set) var findings: [String] = []
  private let operation: StorageOperation

  init(_ operation: StorageOperation) { self.operation = operation }

  /// Visits all crash points with each sequel; returns how many there were.
  func crashes() throws -> Int {
    try Sequel.all.reduce(0) { points, sequel in
      points
        + (try visit(.crash, "then \(sequel)") { node, _ in
          switch sequel {
          case .kill: node.files.kill()
          case .powerCut(let survival): node.files.powerCut(keeping: survival)
          }
          node.stop()
          try goOn(node)
        })
    }
  }

  /// Lets each call fail in each way, and then the process or the machine end; returns how many failures there were.
  func diskErrors() throws -> Int {
    let faults: [Fault] = [
      .inputOutput, .noSpace, .shortWrite, .failedSync(cacheKept: true), .failedSync(cacheKept: false),
    ]
    var points = 0
    for fault in faults {
      for isCut in [false, true] {
        points += try visit(fault, isCut ? "then a power cut" : "then a restart") { node, failure in
          // Where there was no room nothing has changed, and the file may be written again.
          if operation.writesStores, let failure, (failure as? StorageError)?.kind != .noRoom {
            try node.checkRefusal()
          }
          if isCut { node.files.powerCut(keeping: .some(seed: UInt64(points))) } else { node.files.kill() }
          node.files.makeRoom()
          node.stop()
          try goOn(node)
        }
      }
    }
    return points
  }

  // MARK: The walk

  private func visit(
    _ fault: Fault, _ sequelName: String, _ sequel: (TestedNode, _ failure: (any Error)?) throws -> Void
  ) throws -> Int {
    let calls = try countCalls(fault)
    for point in 1...max(1, calls) where point <= calls {
      do {
        let node = TestedNode(seed: UInt64(point))
        try operation.before(node)
        node.files.inject(fault, at: point)
        let failure = try failure(of: { try operation.run(node) })
        try demand(node.files.struck == fault, "the fault did not happen")
        try sequel(node, failure)
      } catch {
        findings.append("\(fault) at call \(point) of \(calls), \(sequelName): \(error)")
      }
    }
    return calls
  }

  /// How many calls of the operation a fault can strike.
  private func countCalls(_ fault: Fault) throws -> Int {
    let node = TestedNode(seed: 0)
    func count() -> Int { node.files.calls.filter { fault.canStrike($0.key) }.values.reduce(0, +) }
    try operation.before(node)
    let before = count()
    try operation.run(node)
    return count() - before
  }

  private func failure(of body: () throws -> Void) throws -> (any Error)? {
    do {
      try body()
      return nil
    } catch let finding as Finding {
      throw finding
    } catch {
      return error
    }
  }

  /// The node starts, and what it finds counts from then on, whatever happens next; then it works as ever.
  private func goOn(_ node: TestedNode) throws {
    try node.start(checking: true)
    node.files.powerCut(keeping: .nothing)
    node.stop()
    try node.start(checking: true)
    try node.append([.mutations([.put([7], [8]), .put([9], [])]), .noop])
    let state = try node.state
    try node.write([
      LogWrite(
        ticket: 2, hardState: HardState(promised: Samples.second, highestRound: 77), commit: state.lastIndex)
    ])
    try node.apply()
    try node.checkpointLog()
    try node.checkpointReplica()
    node.files.powerCut(keeping: .some(seed: 1))
    node.stop()
    try node.start(checking: true)
  }
}
