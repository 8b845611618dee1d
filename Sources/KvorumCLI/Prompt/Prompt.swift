import Kvorum
import RESP

/// The prompt: asks, runs, tells, until its user leaves.
struct Prompt {
  let client: KvorumClient
  let runner: CommandRunner

  func run() async {
    let editor = LineEditor()
    var session = PromptSession()
    while true {
      let role = session.isAtOperation ? await client.servingMaster()?.role : nil
      let isOperation = session.isAtOperation
      let line = await editor.readLine(session.question(role: role), remember: isOperation)
      switch session.answer(line) {
      case .goOn: continue
      case .say(let sentence): Output.line(sentence)
      case .run(let operation): await run(operation)
      case .leave:
        if line == nil { Output.line("") }
        return
      }
    }
  }

  private func run(_ operation: PromptSession.Operation) async {
    do throws(KvorumError) {
      switch operation {
      case .read(let key):
        let value = try await runner.read(key)
        Output.write(Self.sentence(key: key, value: value))
      case .write(let key, let value):
        Output.line(ReplyText.shown(try await client.command([Array("WRITE".utf8), key, value])))
      case .command(let arguments):
        if let key = CommandRunner.keyOfRead(arguments), runner.consistency != .linearizable {
          let value = try await runner.read(key)
          Output.line(ReplyText.shown(value.map { .bulk($0) } ?? .null))
        } else {
          Output.line(ReplyText.shown(try await client.command(arguments)))
        }
      }
    } catch {
      Output.line(Self.sentence(for: error, of: operation))
    }
  }

  static func sentence(key: [UInt8], value: [UInt8]?) -> [UInt8] {
    guard let value else { return Array("Key ".utf8) + key + Array(" not found\n".utf8) }
    return Array("Value for key ".utf8) + key + Array(" = ".utf8) + value + [UInt8(ascii: "\n")]
  }

  static func sentence(for error: KvorumError, of operation: PromptSession.Operation) -> String {
    if case .command(let arguments) = operation, case .server(let message) = error,
      message.lowercased().hasPrefix("err unknown command")
    {
      let name = String(decoding: arguments.first ?? [], as: UTF8.self)
      return "Unknown operation \(name): use READ, WRITE, EXIT or any Redis command"
    }
    return "(error) \(error)"
  }
}
