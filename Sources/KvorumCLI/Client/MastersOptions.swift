import ArgumentParser
import Kvorum

/// The options of every command that talks to a cluster.
struct MastersOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The masters, as HOST:PORT with commas between them; one that is up is enough to find the others.",
      valueName: "addresses"))
  var masters = "127.0.0.1:12345,127.0.0.1:12346"

  @Option(help: ArgumentHelp("How many seconds a command is tried.", valueName: "seconds"))
  var timeout = 5.0

  @OptionGroup(title: "Security")
  var security: ClientSecurityOptions

  func validate() throws {
    guard timeout > 0, timeout <= 3_600 else {
      throw ValidationError("--timeout takes a number of seconds above 0 and up to 3600.")
    }
  }

  /// What a client of these masters is made with.
  func clientConfiguration() throws(KvorumError) -> KvorumClient.Configuration {
    var configuration = KvorumClient.Configuration(masters: try Endpoint.list(masters))
    configuration.timeout = .milliseconds(Int64(timeout * 1_000))
    try security.apply(to: &configuration)
    return configuration
  }
}
