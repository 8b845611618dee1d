import ArgumentParser
import Foundation
import Kvorum

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// `kvorum client`: one command, commands from a pipe, or the prompt.
struct ClientCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client",
    abstract: "Run commands on a cluster: one, many from a pipe, or at a prompt.",
    discussion: """
      Examples:

        kvorum client                                the prompt, on a terminal
        kvorum client write foo bar                  one command
        kvorum client read foo                       prints bar
        kvorum client --read majority read foo       also while both masters are down
        printf 'SET a 1\\nGET a\\n' | kvorum client    a command a line

      Options come before the command; everything after its first word is passed on untouched. READ, WRITE \
      and the Redis commands that COMMAND LIST names work, in any case. A piped line is split as redis-cli \
      splits it; after "WRITE key" the rest of the line is the value.

      Values go to standard output as they are, errors and "Key foo not found" to standard error. Exit codes: \
      0 done, 1 error, 3 not found (the answer was nil). From a pipe every line is run, and the exit code is 1 \
      if any of them failed.

      --read majority and --read stale turn to the slaves when no master answers, and say so on standard error: \
      such an answer may miss acknowledged writes. The slaves' addresses are those of --slaves and those that an \
      earlier client of the same --masters left in $XDG_CACHE_HOME/kvorum or ~/.cache/kvorum.
      """)

  @OptionGroup var options: MastersOptions

  @Option(
    help: ArgumentHelp(
      "Slaves to read from when no master is up, as HOST:PORT with commas between them.",
      valueName: "addresses"))
  var slaves = ""

  @Option(help: "What a read promises.")
  var read = ReadConsistency.linearizable

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  func validate() throws {
    // The parser hands over an option that it does not know, and --help, as if they began the command.
    guard let first = command.first, first.hasPrefix("-"), first != "--" else { return }
    if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
    throw ValidationError("There is no option \(first); to run a command of that name, put -- before it.")
  }

  func run() async throws {
    var configuration = try options.clientConfiguration()
    configuration.slaves = try Endpoint.list(slaves)
    configuration.consistency = read
    let client = try KvorumClient(configuration)
    let runner = CommandRunner(client: client, consistency: read)
    let arguments = commandBytes()
    let outcome: CommandRunner.Outcome
    if !arguments.isEmpty {
      outcome = await runner.run(arguments)
    } else if isatty(STDIN_FILENO) != 0 {
      await Prompt(client: client, runner: runner).run()
      outcome = .done
    } else {
      outcome = await runPiped(runner)
    }
    await client.close()
    throw ExitCode(outcome.rawValue)
  }

  private func runPiped(_ runner: CommandRunner) async -> CommandRunner.Outcome {
    var failed = false
    for line in PipedLines() {
      let arguments: [[UInt8]]
      switch TypedLine(line) {
      case .empty: continue
      case .exit: return failed ? .failed : .done
      case .read(let key): arguments = [Array("READ".utf8)] + [key].compactMap { $0 }
      case .write(let key, let value): arguments = [Array("WRITE".utf8)] + [key, value].compactMap { $0 }
      case .command(let words): arguments = words
      case .malformed(let sentence):
        Output.errorLine(sentence)
        failed = true
        continue
      }
      if await runner.run(arguments) == .failed { failed = true }
    }
    return failed ? .failed : .done
  }

  /// The command's words as the bytes that the shell gave us, which need not be UTF-8.
  private func commandBytes() -> [[UInt8]] {
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    let raw = Self.rawArguments.suffix(words.count)
    guard raw.count == words.count else { return words.map { Array($0.utf8) } }
    return zip(raw, words).map { raw, word in
      String(decoding: raw, as: UTF8.self) == word ? raw : Array(word.utf8)
    }
  }

  private static var rawArguments: [[UInt8]] {
    (0..<Int(CommandLine.argc)).compactMap { place in
      CommandLine.unsafeArgv[place].map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
  }
}

extension ReadConsistency: ExpressibleByArgument {}
