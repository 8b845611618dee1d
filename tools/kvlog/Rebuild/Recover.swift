import Foundation
import Replication
import Storage

/// Makes a new cluster from what is left of one that has lost its majority.
struct Recover {
  /// One node of the old cluster.
  struct Member: Encodable {
    var id: String
    var name: String
    var role: String
    /// The directory that was found of it; nil if it is not among them.
    var directory: String?
  }

  /// What is known before anything is done.
  struct Findings: Encodable {
    var cluster: String
    var baseIndex: LogIndex
    var lastIndex: LogIndex
    var lastEpoch: String
    var lastTime: Int64
    /// Proven to be committed up to here.
    var commitIndex: LogIndex
    /// Entries above it, which are kept: what they say may or may not have been acknowledged.
    var unproven: LogIndex
    /// The keys that those touch, the first thousand.
    var unprovenKeys: [String]
    var unprovenMutations: Int
    var members: [Member]
    /// Directories of nodes that the newest configuration does not list.
    var others: [String]
    /// Whether acknowledged writes may be on missing nodes only.
    var mayLackAcknowledged: Bool
    var conclusion: String
    var snapshot: String?
    var problems: [String]
    var merge: MergeReport
  }

  /// What was made.
  struct Made: Encodable {
    var into: String
    var cluster: String
    var directories: [String]
    var keys: Int64
    var lastIndex: LogIndex
  }

  let survey: Survey
  let findings: Findings

  init(_ places: [SourcePlace], progress: (UInt64, UInt64) -> Void) throws {
    let survey = try Survey(places, progress: progress)
    self.survey = survey
    var members: [Member] = []
    var directories = places.compactMap { place in place.log?.identity.map { ($0.id, place.argument) } }
    let configuration = survey.end.configuration?.configuration
    for member in (configuration?.masters ?? []) + (configuration?.slaves ?? []) {
      members.append(
        Member(
          id: "\(member.id)", name: member.name, role: member.role.rawValue,
          directory: directories.first { $0.0 == member.id }?.1))
      directories.removeAll { $0.0 == member.id }
    }
    let (mayLack, conclusion) = Self.judge(configuration, members, survey)
    findings = Findings(
      cluster: "\(survey.cluster)", baseIndex: survey.start.index, lastIndex: survey.end.index,
      lastEpoch: "\(survey.end.position.epoch)", lastTime: survey.end.time, commitIndex: survey.commit,
      unproven: survey.end.index - survey.commit,
      unprovenKeys: survey.uncommittedKeys.map { String(decoding: $0, as: UTF8.self) },
      unprovenMutations: survey.uncommittedMutations, members: members, others: directories.map(\.1),
      mayLackAcknowledged: mayLack, conclusion: conclusion, snapshot: survey.snapshot?.path,
      problems: survey.problems, merge: survey.report)
  }

  /// An acknowledged write is on the disks of the master that led and of W slaves (design 4.4).
  private static func judge(
    _ configuration: ClusterConfiguration?, _ members: [Member], _ survey: Survey
  ) -> (Bool, String) {
    guard let configuration else {
      return (true, "The log names no members, so nothing is known of what is missing.")
    }
    let found = Set(members.filter { $0.directory != nil }.map(\.id))
    let isDamaged = survey.report.gap != nil || survey.start.index > survey.commit
    let damaged = isDamaged || survey.report.sources.contains { $0.problemCount > 0 }
    let allMasters = configuration.masters.allSatisfy { found.contains("\($0.id)") }
    let enough = configuration.sets.allSatisfy { set in
      set.slaves.count { !found.contains("\($0.id)") } < set.quorum.write
    }
    if damaged {
      return (
        true,
        "Some of the files are damaged: what they held behind the damage may have been acknowledged, and may be missing."
      )
    }
    if enough {
      return (
        false, "Every acknowledged write is on at least one of these slaves: nothing acknowledged is missing."
      )
    }
    if allMasters {
      return (
        false,
        "Every acknowledged write is on the master that led, and all are here: nothing acknowledged is missing."
      )
    }
    let quorum = configuration.current.quorum.write
    let missing = configuration.current.slaves.count { !found.contains("\($0.id)") }
    return (
      true,
      "\(missing) of \(configuration.current.slaves.count) slaves are not here, and a write was acknowledged with "
        + "\(quorum): acknowledged writes after entry \(survey.end.index) may be on them alone, and would be lost."
    )
  }

  /// Makes the new cluster's directories.
  func make(in target: String, _ options: NewCluster.Options, progress: @escaping (UInt64, UInt64) -> Void)
    throws -> Made
  {
    guard !NewDirectory.isTaken(target) else {
      throw Unusable("\(target) exists and is not empty: choose another --into, or move it away.")
    }
    if survey.snapshot == nil, survey.start.index > 0 {
      throw Unusable(
        "The log can begin after entry \(survey.start.index) only, and no intact replica.db stands there or later: add a "
          + "snapshot or another directory.")
    }
    let old = survey.end.configuration?.configuration
    let removed = (old?.removed ?? []) + (old?.masters ?? []).map(\.id) + (old?.slaves ?? []).map(\.id)
    let cluster = try NewCluster(
      in: target, after: survey.start, aboveRound: survey.highestRound, removed: removed, options)
    let replica = cluster.replica
    if let snapshot = survey.snapshot {
      try replica.copy(snapshot.reader)
      if survey.start.index == replica.standing.index { replica.stand(at: cluster.log.standing) }
    }
    let merge = LogMerge(survey.logs, after: survey.start)
    try EntryBatches { merge.next() }.forEach { batch in
      var entries: [Entry] = []
      for entry in batch.entries {
        let adopted = try cluster.adopt(entry)
        if entry.index > replica.standing.index { entries.append(adopted) }
        if entry.index == replica.standing.index { replica.stand(at: cluster.log.standing) }
      }
      try replica.apply(entries)
      progress(cluster.log.standing.index, survey.end.index)
    }
    guard cluster.log.standing.index == survey.end.index else {
      throw Unusable(
        "The files were changed meanwhile: make sure that no node of the old cluster runs, and try again.")
    }
    try replica.apply([try cluster.append(.configuration(cluster.configuration))])
    let (keys, last) = (replica.keyCount, cluster.log.standing.index)
    try cluster.complete()
    return Made(
      into: target, cluster: "\(cluster.cluster)", directories: cluster.directories, keys: keys,
      lastIndex: last)
  }
}
