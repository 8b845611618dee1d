import Commands
import Foundation
import Replication
import Storage

/// Makes a new cluster's first directories from a file of another program.
final class Importer {
  /// What was imported, and what was not.
  struct Report: Encodable {
    struct Problem: Encodable {
      var place: String
      var reason: String
    }

    var into: String
    var cluster: String
    var directories: [String]
    var entries: UInt64 = 0
    var keys: Int64 = 0
    /// What asks for nothing that is kept, by what it is.
    var passedOver: [String: UInt64] = [:]
    /// Commands that Kvorum does not know, by their names.
    var unknownCommands: [String: UInt64] = [:]
    /// Records that cannot be understood, or whose command failed.
    var damaged: UInt64 = 0
    /// The first of them.
    var problems: [Problem] = []
    var notes: [String] = []
    var seconds: Double = 0
  }

  /// How many problems are named.
  static let namedProblems = 20
  private static let batchCount = 16_384
  private static let batchBytes = 8 << 20

  private let cluster: NewCluster
  private let keyspace: ImportedKeyspace
  private let context: CommandContext
  private var batch: [Entry] = []
  private var batchBytes = 0
  private var report: Report

  init(into target: String, _ options: NewCluster.Options, now: Int64) throws {
    guard !NewDirectory.isTaken(target) else {
      throw Unusable("\(target) exists and is not empty: choose another --into, or move it away.")
    }
    cluster = try NewCluster(in: target, options)
    keyspace = ImportedKeyspace(cluster.replica)
    context = CommandContext(now: now)
    report = Report(into: target, cluster: "\(cluster.cluster)", directories: cluster.directories)
    try append(.configuration(cluster.configuration), time: now)
  }

  /// Imports all records of one file; may be called for several, in their order.
  func add(_ reader: inout some ImportReader, progress: (UInt64) -> Void) throws {
    var number: UInt64 = 0
    while let (record, place) = try reader.next() {
      number += 1
      if number & 0xFFF == 0 { progress(reader.bytesRead) }
      switch record {
      case .mutations(let mutations):
        if let reason = refusal(of: mutations) {
          note(reason, at: place)
        } else {
          try keyspace.add(mutations)
          try addEntry(mutations)
        }
      case .commands(let commands): try run(commands, at: place, time: (reader as? CommandReader)?.time)
      case .passedOver(let what): report.passedOver[what, default: 0] += 1
      case .damaged(let reason): note(reason, at: place)
      }
    }
    report.notes += reader.notes
  }

  /// Makes everything durable and puts the directories in their place.
  func complete(after seconds: () -> Double) throws -> Report {
    try apply()
    report.keys = cluster.replica.keyCount
    try cluster.complete()
    report.seconds = seconds()
    return report
  }

  /// Makes an entry of what the keyspace has been told.
  private func addEntry(_ mutations: [Mutation], time: Int64? = nil) throws {
    report.entries += 1
    try append(.mutations(mutations), time: time)
  }

  private func append(_ payload: Entry.Payload, time: Int64?) throws {
    let entry = try cluster.append(payload, time: time)
    batch.append(entry)
    batchBytes += entry.approximateSize
    if batch.count >= Self.batchCount || batchBytes >= Self.batchBytes { try apply() }
  }

  private func apply() throws {
    try cluster.replica.apply(batch)
    batch.removeAll(keepingCapacity: true)
    batchBytes = 0
    keyspace.clear()
  }

  private func refusal(of mutations: [Mutation]) -> String? {
    for mutation in mutations {
      if mutation.key.count > context.limits.maxKeyBytes {
        return "the key has \(mutation.key.count) bytes, and the limit is \(context.limits.maxKeyBytes)"
      }
      if mutation.member.count > context.limits.maxValueBytes {
        return
          "the member has \(mutation.member.count) bytes, and the limit is \(context.limits.maxValueBytes)"
      }
      if mutation.value.count > context.limits.maxValueBytes {
        return "the value has \(mutation.value.count) bytes, and the limit is \(context.limits.maxValueBytes)"
      }
    }
    return nil
  }

  /// Evaluates the commands of one transaction as a master would, and makes one entry of what they do.
  private func run(_ commands: [[[UInt8]]], at place: String, time: Int64?) throws {
    var decided: [Mutation] = []
    for arguments in commands {
      guard let command = CommandTable.standard.command(named: arguments[0]) else {
        let name = String(decoding: arguments[0].prefix(64), as: UTF8.self).uppercased()
        if report.unknownCommands[name] != nil || report.unknownCommands.count < 1_000 {
          report.unknownCommands[name, default: 0] += 1
        }
        note("the command \(name) is unknown to Kvorum", at: place)
        continue
      }
      guard command.flags.contains(.write), command.kind == .data else {
        report.passedOver["commands that change nothing", default: 0] += 1
        continue
      }
      let outcome = try CommandTable.standard.evaluate(arguments, view: keyspace, context: context)
      if case .error(let text) = outcome.reply {
        note("\(command.name.uppercased()) failed: \(text)", at: place)
        continue
      }
      try keyspace.add(outcome.mutations)
      decided += outcome.mutations
    }
    if !decided.isEmpty { try addEntry(decided, time: time) }
  }

  private func note(_ reason: String, at place: String) {
    report.damaged += 1
    if report.problems.count < Self.namedProblems {
      report.problems.append(Report.Problem(place: place, reason: reason))
    }
  }
}
