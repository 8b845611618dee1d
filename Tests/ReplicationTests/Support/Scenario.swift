@testable import Replication

/// A story in a text file: commands, and below `----` what came of them.
struct Scenario {
  /// What stands between two empty lines.
  enum Block {
    case comment([String])
    case step(commands: [String], expected: [String])
  }

  var blocks: [Block]

  init(_ text: String) {
    blocks = text.split(separator: "\n\n").map { paragraph in
      let lines = paragraph.split(separator: "\n").map(String.init)
      guard !lines.allSatisfy({ $0.hasPrefix("#") }) else { return .comment(lines) }
      let bar = lines.firstIndex(of: "----") ?? lines.count
      return .step(commands: Array(lines[..<bar]), expected: Array(lines[min(bar + 1, lines.count)...]))
    }
  }

  /// Plays the story and returns it with what really came of each step.
  func played() throws -> Scenario {
    let stage = ScenarioStage()
    var copy = self
    copy.blocks = try blocks.map { block in
      guard case .step(let commands, _) = block else { return block }
      var output: [String] = []
      for command in commands where !command.hasPrefix("#") { output += try stage.run(command) }
      return .step(commands: commands, expected: output)
    }
    return copy
  }

  var text: String {
    blocks.map { block in
      switch block {
      case .comment(let lines): lines.joined(separator: "\n")
      case .step(let commands, let expected): (commands + ["----"] + expected).joined(separator: "\n")
      }
    }.joined(separator: "\n\n") + "\n"
  }
}

struct ScenarioError: Error, CustomStringConvertible {
  var description: String
}

/// Runs the commands of a scenario on a cluster of cores.
final class ScenarioStage {
  private var stage: CoreCluster?

  private var cluster: CoreCluster {
    get throws {
      guard let stage else { throw ScenarioError(description: "a scenario begins with 'cluster' or 'cold'") }
      return stage
    }
  }

  func run(_ line: String) throws -> [String] {
    var words = line.split(separator: " ").map(String.init)
    let command = words.removeFirst()
    switch command {
    case "cluster":
      let cluster = CoreCluster.ready(
        masters: try number("masters", in: words), slaves: try number("slaves", in: words))
      stage = cluster
      // How it came up is the story of another scenario.
      _ = cluster.takeTrace()
      return [cluster.describe(cluster.core("m1").configuration!)]
    case "cold": stage = CoreCluster(masters: try number("masters", in: words))
    case "start", "restart": for name in words { try cluster.start(name) }
    case "crash": for name in words { try cluster.crash(name) }
    case "lose-disk": for name in words { try cluster.loseDisk(name) }
    case "hold-disk": for name in words { try cluster.hold(name) }
    case "release-disk": for name in words { try cluster.release(name) }
    case "heal": try cluster.heal()
    case "drop": for pair in words { try drop(pair) }
    case "partition":
      try cluster.partition(words.split(separator: "|").map(Array.init))
    case "run":
      guard let word = words.first, word.hasSuffix("ms"), let span = Int64(word.dropLast(2)) else {
        throw ScenarioError(description: "'\(line)': run takes a span such as 100ms")
      }
      try cluster.run(milliseconds: span)
    case "propose":
      guard words.count >= 2 else {
        throw ScenarioError(description: "'\(line)': propose takes key and value")
      }
      try cluster.propose(words[0], words[1], at: words.count == 4 ? words[3] : nil)
    case "read": return try words.map(read)
    case "transfer":
      let cluster = try cluster
      guard let active = cluster.active else { return ["no master is active"] }
      var refusal: String?
      let target = words.first.map { id($0) }
      cluster.call(active) { core, now, effects in
        refusal = core.transfer(to: target, at: now, into: &effects)
      }
      cluster.settle()
      if let refusal { cluster.note("\(active) refuses: \(cluster.readable(refusal))") }
    case "remove":
      let cluster = try cluster
      guard let active = cluster.active, let name = words.first else { return ["no master is active"] }
      var refusal: String?
      let node = cluster.nodes[name]!.options.id
      cluster.call(active) { core, now, effects in refusal = core.remove(node, at: now, into: &effects) }
      cluster.settle()
      if let refusal { cluster.note("\(active) refuses: \(cluster.readable(refusal))") }
    case "status": return try cluster.names.map(status)
    case "members": return try words.map(members)
    case "log": return try words.flatMap(log)
    default: throw ScenarioError(description: "no command '\(command)'")
    }
    return try cluster.takeTrace()
  }

  private func number(_ name: String, in words: [String]) throws -> Int {
    guard let word = words.first(where: { $0.hasPrefix(name + "=") }),
      let value = Int(word.dropFirst(name.count + 1))
    else { throw ScenarioError(description: "say how many: \(name)=2") }
    return value
  }

  private func drop(_ pair: String) throws {
    let ends = pair.split(separator: ">").map { String($0).replacing("-", with: "") }
    guard ends.count == 2 else { throw ScenarioError(description: "'\(pair)': drop takes a->b") }
    try cluster.block(ends[0], ends[1])
  }

  private func read(_ name: String) throws -> String {
    let cluster = try cluster
    return "\(name) \(cluster.core(name).mayRead(at: cluster.now) ? "may" : "may not") read"
  }

  private func members(_ name: String) throws -> String {
    let cluster = try cluster
    return "\(name): \(cluster.core(name).configuration.map(cluster.describe) ?? "none")"
  }

  private func status(_ name: String) throws -> String {
    let cluster = try cluster
    guard let core = cluster.nodes[name]?.core else { return "\(name) is down" }
    let end = "log \(core.lastIndex), commit \(core.commitIndex)"
    let epoch = core.epoch == .zero ? "none" : cluster.readable(core.epoch.description)
    if core.isHalted { return "\(name) has halted, \(end)" }
    if core.isActive { return "\(name) serves in epoch \(epoch), \(end)" }
    let leader = core.knownLeader.map { "follows \(cluster.name($0))" } ?? "follows nobody"
    return "\(name) \(core.isCandidate ? "wants to lead" : leader), epoch \(epoch), \(end)"
  }

  private func log(_ name: String) throws -> [String] {
    let cluster = try cluster
    return cluster.nodes[name]!.disk.entries.map { entry in
      let payload =
        switch entry.payload {
        case .noop: "first of its epoch"
        case .configuration(let configuration): cluster.describe(configuration)
        case .mutations(let mutations):
          mutations.map {
            String(decoding: $0.key, as: UTF8.self) + "=" + String(decoding: $0.value, as: UTF8.self)
          }.joined(separator: " ")
        }
      return "\(name) \(entry.index) \(cluster.readable(entry.epoch.description)) \(payload)"
    }
  }
}
