import ArgumentParser
import Foundation
import Replication

/// `kvbench chaos`
struct ChaosCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Runs a real cluster under faults, and checks that it kept every promise.",
    discussion: """
      Starts a primary, a backup and slaves as processes, lets clients write and read through all failovers, and \
      kills, stops, cuts off, slows down, fills and empties the nodes. Afterwards every history must be \
      linearizable, every acknowledged write present, and all logs and replicas equal. What is not permitted here \
      is skipped and named; root may do everything, others may kill, stop and restart nodes and lose disks.

      Examples:
        kvbench chaos --minutes 5 --seed 42
        kvbench chaos --kills 200                       200 kills of the active master in a row
        kvbench chaos --minutes 1 --faults kill,stop --verbose
        kvbench chaos --minutes 1 --json

      Exit codes: 0 no violation, 1 a violation, 2 the run could not be done.
      """)

  @Option(
    help:
      "How long faults go on; the checks take at most a minute more. By default 1, or no limit with --kills.")
  var minutes: Double?

  @Option(help: "End after so many kills of the active master; alone it does nothing but such kills.")
  var kills: Int?

  @Option(help: "Draws the faults; equal seeds draw equal faults. By default at random.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Which faults, with commas between them: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "kinds"))
  var faults: FaultList?

  @Option(help: "How many slaves.")
  var slaves = 3

  @Option(help: "How many clients write and read; half of them use the client library, half plain sockets.")
  var clients = 8

  @Option(
    help: ArgumentHelp(
      "The program under test; by default the one beside this, or what KVORUM names.", valueName: "path"))
  var kvorum: String?

  @Option(
    help: ArgumentHelp("The folder for the nodes' files; by default a temporary one.", valueName: "dir"))
  var dir: String?

  @Flag(help: "Keep the folder even if all is well.")
  var keep = false

  @Flag(help: "Make no namespaces: only faults that need no rights.")
  var noNamespaces = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(help: "Tell of each fault, with its time in seconds.")
  var verbose = false

  func validate() throws {
    if let minutes, !(minutes > 0 && minutes <= 10_000) { throw ValidationError("--minutes must be above 0") }
    if let kills, kills < 1 { throw ValidationError("--kills must be above 0") }
    if !(1...32).contains(slaves) { throw ValidationError("--slaves must be from 1 to 32") }
    if !(1...64).contains(clients) { throw ValidationError("--clients must be from 1 to 64") }
  }

  func run() async throws {
    do {
      let binary = try KvorumBinary.find(kvorum)
      let obstacle = noNamespaces ? "--no-namespaces was given" : await namespaceObstacle()
      if obstacle == nil, !Isolation.isInside { throw ExitCode(try await Isolation.rerun()) }
      let report = try await run(binary, obstacle)
      print(json ? try report.json : report.text)
      throw ExitCode(report.exitCode)
    } catch let error as BenchError {
      FileHandle.standardError.write(Data("kvbench: \(error)\n".utf8))
      throw ExitCode(2)
    }
  }

  private func namespaceObstacle() async -> String? {
    Isolation.isInside ? nil : await Isolation.obstacle()
  }

  private func run(_ binary: String, _ obstacle: String?) async throws -> ChaosReport {
    let stop = StopSignal()
    stop.watch { _ in
      // A second one is from someone who does not want to wait for the checks.
      if stop.isRequested { _exit(130) }
      stop.request()
    }
    if Isolation.isInside { Isolation.watchLifeline(stop) }

    let network = obstacle == nil ? try await NamespaceNetwork.make(nodes: slaves + 2) : nil
    defer { network?.destroy() }
    let permissions = await Permissions.probe(wanted, network: network, obstacle: obstacle)
    for (kind, reason) in permissions.skipped.sorted(by: { $0.key < $1.key }) {
      note("skipped: \(kind): \(reason)")
    }
    guard !permissions.kinds.isEmpty else { throw BenchError("none of the chosen faults is permitted here") }
    let home = try workFolder()
    let seed = seed ?? UInt64.random(in: 1...(1 << 32))
    note("seed \(seed), files in \(home)")

    var random = SplitMix64(seed: seed ^ 0x6469_736b)
    let smallDisks =
      permissions.kinds.contains(.diskFull) ? [random.draw(0...1), 2 + random.draw(0...slaves - 1)] : []
    let cluster = try await ChaosCluster.make(
      slaves: slaves, home: home, binary: binary, network: network, smallDisks: smallDisks)
    defer { cluster.destroy() }
    try await cluster.start()

    let line = ProgressLine(isOn: isatty(2) == 1 && !verbose)
    let clock = RunClock(minutes: minutes ?? (kills == nil ? 1 : nil), stop: stop)
    let log = FaultLog(
      start: clock.start, path: home + "/faults.txt", print: verbose ? { @Sendable line in note(line) } : nil)
    let plan = ChaosRun.Plan(
      minutes: minutes, kills: kills, seed: seed, slaves: slaves, clients: clients, permissions: permissions)
    let run = ChaosRun(plan: plan, cluster: cluster, clock: clock, log: log) { line.show($0) }
    var report = try await run.run()
    line.clear()
    if report.exitCode == 0, !keep {
      cluster.destroy()
      for disk in cluster.disks.values { try await disk.unmount() }
      do { try FileManager.default.removeItem(atPath: home) } catch { note("\(home) stays: \(error)") }
      report.folder = nil
    } else {
      for disk in cluster.disks.values { try await disk.preserve() }
      try (report.json + "\n").write(toFile: home + "/report.json", atomically: true, encoding: .utf8)
    }
    return report
  }

  private var wanted: Set<FaultKind> {
    faults?.kinds ?? (kills == nil ? FaultList.all.kinds : [.kill])
  }

  private func workFolder() throws -> String {
    let folder =
      dir.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
      ?? FileManager.default.temporaryDirectory.path + "/kvbench-\(UUID().uuidString.prefix(8))"
    if let there = try? FileManager.default.contentsOfDirectory(atPath: folder), !there.isEmpty {
      throw BenchError("\(folder) is not empty: name another folder with --dir")
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw BenchError("cannot make \(folder): \(error.localizedDescription)")
    }
    return folder
  }
}

/// Tells people something beside the result.
private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
