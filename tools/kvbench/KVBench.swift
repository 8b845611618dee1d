import ArgumentParser

/// The load and chaos harness.
@main
struct KVBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kvbench",
    abstract: "Puts real Kvorum processes under load and under faults.",
    subcommands: [ChaosCommand.self])
}
