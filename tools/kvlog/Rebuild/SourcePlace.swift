import Replication
import Storage

/// A replica, and where it stands; all that is read is of one moment, also while the node runs.
struct Snapshot {
  let reader: ReplicaReader
  let standing: LogBase

  var path: String { reader.path }
  /// A file of format version 1 says the index at which it stands and nothing more.
  var isOfFirstFormat: Bool { reader.formatVersion < 2 }

  init(path: String) throws {
    reader = try ReplicaReader(path: path, isOffline: true)
    try reader.holdSnapshot()
    if reader.formatVersion < 2 {
      standing = LogBase(
        position: LogPosition(epoch: .zero, index: try reader.appliedIndex()), time: 0, checksum: 0,
        configuration: nil)
    } else {
      standing = try reader.standing()
    }
  }
}

/// What one argument names: a node's directory, or one file of it. Any part may be missing or damaged.
struct SourcePlace {
  /// As the person wrote it.
  let argument: String
  /// The log; nil if there is none that can be opened.
  let log: LogSource?
  /// The replica; nil if there is none that can be opened.
  let replica: Snapshot?
  /// What is wrong with it, each a sentence.
  let problems: [String]
  /// Why there is no log; a sentence.
  let logProblem: String?

  /// Opens what there is, read-only. Throws if there is nothing of a node at all.
  init(_ argument: String) throws {
    self.argument = argument
    let files = SystemFiles()
    let isDirectory = files.isDirectory(argument)
    var problems: [String] = []
    var log: LogSource?
    let logPath = isDirectory ? DataDirectory.log(in: argument) : argument
    let replicaPath = isDirectory ? DataDirectory.replica(in: argument) : argument
    guard files.exists(argument) else { throw Unusable("\(argument) does not exist: check its name.") }
    // The replica first: on a running node it must not be ahead of the log.
    var replica: Snapshot?
    do {
      if files.exists(replicaPath) { replica = try Snapshot(path: replicaPath) }
    } catch let error as StorageError where isDirectory || error.kind != .foreign {
      problems.append(error.description)
    } catch is StorageError {
      // A file that is no replica may be a log.
    }
    var logProblem: String?
    do {
      if !files.exists(logPath) {
        logProblem = "\(logPath) is missing"
      } else if replica == nil || isDirectory {
        log = try LogSource(path: logPath)
        problems += log?.problems.map { "\(logPath): \($0)" } ?? []
      }
    } catch let error as StorageError where isDirectory || error.kind != .foreign {
      logProblem = error.description
    } catch is StorageError {
      logProblem = "\(logPath) is no log.db of Kvorum"
    }
    self.logProblem = logProblem
    if isDirectory || replica == nil { problems += logProblem.map { [$0] } ?? [] }
    if isDirectory, !files.exists(replicaPath) { problems.append("\(replicaPath) is missing") }
    self.log = log
    self.replica = replica
    self.problems = problems
    guard log != nil || replica != nil else {
      throw Unusable(
        isDirectory
          ? "\(argument) holds no file of a node that can be read: \(problems.joined(separator: "; "))"
          : "\(argument) is no log.db, segment or replica.db that can be read: \(problems.joined(separator: "; "))"
      )
    }
  }
}

extension SourcePlace {
  /// Up to here the place proves its log committed: what a replica holds is committed too.
  var commit: LogIndex {
    guard let log else { return replica?.standing.index ?? 0 }
    // A file without its node says nothing of itself.
    if log.identity == nil, log.commit == 0 { return log.lastIndex }
    let applied = replica?.standing.index ?? 0
    return max(log.commit, applied <= log.lastIndex ? applied : 0)
  }
}

/// Why there is nothing to work with; a sentence.
struct Unusable: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
