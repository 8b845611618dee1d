import Foundation
import Replication
import Storage

/// Holds nodes' files against themselves and against each other.
struct Verification {
  struct Report: Encodable {
    var places: [PlaceCheck]
    var agreement: Agreement?
    var isSound: Bool
  }

  let arguments: [String]
  let scratch: String?

  func run() throws -> Report {
    var checked: [CheckedPlace] = []
    for argument in arguments {
      let progress = ProgressLine("\(argument):", unit: "rows")
      defer { progress.clear() }
      checked.append(try CheckedPlace(argument, scratch: scratch, progress))
    }
    let agreement = checked.count > 1 ? try Agreement(checked) : nil
    let places = checked.map(\.check)
    return Report(
      places: places, agreement: agreement,
      isSound: places.allSatisfy { $0.problemCount == 0 } && agreement?.problems.isEmpty ?? true)
  }
}

/// One place whose own files were looked at.
struct CheckedPlace {
  private(set) var check: PlaceCheck
  let log: LogSource?
  let replica: Snapshot?
  /// Up to here the log's chain is whole.
  private(set) var sound = LogBase.zero

  init(_ argument: String, scratch: String?, _ progress: ProgressLine) throws {
    check = PlaceCheck(argument: argument)
    let place: SourcePlace
    do {
      place = try SourcePlace(argument)
    } catch let error as Unusable where SystemFiles().exists(argument) {
      // A file that is there and cannot be read at all is what people want to know of.
      check.add(argument, error.description)
      for problem in FileCheck(path: argument)?.problems ?? [] { check.add(argument, problem) }
      (log, replica) = (nil, nil)
      return
    }
    (log, replica) = (place.log, place.replica)
    let files = SystemFiles.real
    if files.isDirectory(argument) {
      checkOwner()
      note(place.log == nil ? place.logProblem : nil, DataDirectory.log(in: argument))
      if place.replica == nil {
        for problem in place.problems where problem.contains("replica.db") {
          check.add(DataDirectory.replica(in: argument), problem)
        }
      }
    }
    if let log { try checkLog(log, commit: place.commit, progress) }
    if let replica { try checkReplica(replica, scratch, progress) }
  }

  /// A directory belongs to one node, and both files say which.
  private mutating func checkOwner() {
    guard let log else { return }
    guard let identity = log.identity else {
      if log.problems.isEmpty {
        check.add(log.path, "its table 'node' is empty: it does not say whose log it is")
      }
      return
    }
    guard let replica, let owner = try? replica.reader.node(), owner != identity.id.description else {
      return
    }
    check.add(replica.path, "it belongs to the node \(owner), and the log to the node \(identity.id)")
  }

  private mutating func note(_ problem: String?, _ path: String) {
    if let problem { check.add(path, problem) }
  }

  // MARK: The log

  private mutating func checkLog(_ log: LogSource, commit: LogIndex, _ progress: ProgressLine) throws {
    for problem in FileCheck(path: log.path)?.problems ?? [] where !log.problems.contains(problem) {
      check.add(log.path, problem)
    }
    let first = (log.base?.index ?? 0) + 1
    let verdict = try log.verify { progress.show($0 - min($0, first), of: max(log.lastIndex, first) - first) }
    for fault in verdict.faults { check.add(log.path, fault.text, at: fault.index) }
    check.problemCount += verdict.faultCount - verdict.faults.count
    sound = verdict.last
    check.log = PlaceCheck.Log(
      path: log.path, node: log.identity.map { "\($0.id)" }, name: log.identity?.name,
      formatVersion: log.formatVersion, firstIndex: first, lastIndex: log.lastIndex, commitIndex: commit,
      lastEpoch: "\(verdict.last.position.epoch)", checksum: hexadecimal(verdict.last.checksum))
    if log.lastIndex > commit {
      let range =
        log.lastIndex == commit + 1
        ? "entry \(log.lastIndex) is" : "entries \(commit + 1) to \(log.lastIndex) are"
      check.notes.append("\(log.path): \(range) not known to be committed there")
    }
    if let note = try? log.installation() {
      check.notes.append(
        "\(log.path): the node was installing a snapshot that stands at entry \(note), and ends that when it starts"
      )
    }
  }

  // MARK: The replica

  private struct RowSum {
    var sum: UInt64?
  }

  private mutating func checkReplica(_ replica: Snapshot, _ scratch: String?, _ progress: ProgressLine) throws
  {
    let path = replica.path
    for problem in FileCheck(path: path)?.problems ?? [] { check.add(path, problem) }
    for problem in replica.reader.integrityProblems() { check.add(path, problem) }
    guard let content = try verifyRows(of: replica, progress) else { return }
    guard let log, let base = log.base else { return }
    let standing = replica.standing
    guard standing.index <= max(log.lastIndex, base.index) else {
      check.add(
        path,
        "it holds everything up to entry \(standing.index), and \(log.path) ends at \(log.lastIndex): the log's end was lost, perhaps with its -wal file"
      )
      return
    }
    guard standing.index >= base.index else {
      if (try? log.installation()) == nil {
        check.add(path, "it stands at entry \(standing.index), and the log begins after \(base.index) only")
      }
      return
    }
    guard sound.index >= standing.index else {
      check.notes.append(
        "\(path) was not held against the log, which is damaged below entry \(standing.index)")
      return
    }
    let replay = ReplicaReplay(log: log, replica: replica, content: content.sum)
    let found = try replay.run(scratch: scratch) { progress.show($0, of: $1) }
    check.replica?.heldAgainst = found.isWhole ? "replay" : "tail"
    for fault in found.faults { check.add(path, fault.text, at: fault.index) }
    check.problemCount += found.faultCount - found.faults.count
  }

  /// Holds the rows against their checksums; nil if they cannot be read, and no sum if they do not fit or have none.
  private mutating func verifyRows(of replica: Snapshot, _ progress: ProgressLine) throws -> RowSum? {
    let path = replica.path
    guard !replica.isOfFirstFormat else {
      check.notes.append(
        "\(path) has format version 1, whose rows have no checksums: only the log's replay tells of them")
      check.replica = PlaceCheck.Replica(
        path: path, keys: Int64(try replica.reader.count()), appliedIndex: replica.standing.index,
        contentChecksum: "none",
        heldAgainst: "nothing")
      return RowSum(sum: nil)
    }
    do {
      let count = UInt64(max(0, try replica.reader.count()))
      let verdict = try replica.reader.verify { progress.show(UInt64($0), of: count) }
      note(verdict, path)
      check.replica = PlaceCheck.Replica(
        path: path, keys: verdict.rows, appliedIndex: verdict.standing.index,
        contentChecksum: hexadecimal(verdict.content), heldAgainst: "rows")
      return RowSum(sum: verdict.damagedCount == 0 ? verdict.content : nil)
    } catch {
      check.add(path, "\(error)")
      return nil
    }
  }

  private mutating func note(_ verdict: ReplicaVerdict, _ path: String) {
    for key in verdict.damagedKeys {
      check.add(path, "the row of the key \(readable(key, limit: 64)) does not fit its checksum")
    }
    check.problemCount += verdict.damagedCount - verdict.damagedKeys.count
    for key in verdict.incompleteKeys {
      check.add(path, "the key \(readable(key, limit: 64)) has more or fewer members than its row says")
    }
    check.problemCount += verdict.incompleteCount - verdict.incompleteKeys.count
    if verdict.rows != verdict.expectedRows {
      check.add(
        path,
        "it has \(verdict.rows) rows and should have \(verdict.expectedRows): some were removed or added")
    }
    if verdict.members != verdict.expectedMembers {
      check.add(
        path,
        "it has \(verdict.members) rows of members and should have \(verdict.expectedMembers): some were removed or added"
      )
    }
    if verdict.content != verdict.expectedContent {
      check.add(
        path,
        "the rows add up to the content checksum \(hexadecimal(verdict.content)), and should to \(hexadecimal(verdict.expectedContent)): a row was changed, removed or added"
      )
    }
  }
}
