import Kvorum
import RESP
import Replication

/// Asks one node again and again for what it has applied.
struct StaleReader: Sendable {
  private static let patience = Duration.milliseconds(800)

  let node: ChaosNode
  let registers: RegisterWorkload
  let transfers: TransferWorkload
  let observations: StaleReads
  let tally: Tally

  func run(until stop: StopSignal, _ random: SplitMix64) async {
    var random = random
    var connection = 0
    while !stop.isRequested {
      connection += 1
      guard let socket = try? await RESPSocket.open(node.place.endpoint, within: Self.patience) else {
        await stop.sleep(for: .milliseconds(100))
        continue
      }
      while !stop.isRequested, await ask(socket, connection, &random) {
        await stop.sleep(for: .milliseconds(random.draw(5...40)))
      }
    }
  }

  /// Reads once; false if the connection is of no more use.
  private func ask(_ socket: RESPSocket, _ connection: Int, _ random: inout SplitMix64) async -> Bool {
    let isPair = random.oneIn(3)
    let command =
      isPair
      ? ["MGET"] + transfers.objects.draw(&random).keys : ["KV.GET", registers.objects.draw(&random).keys[0]]
    guard let answer = try? await socket.call(["KV.CONSISTENCY", "stale"] + command, within: Self.patience)
    else {
      tally.refused("stale")
      return false
    }
    if let line = answer.errorText {
      if ErrorAnswer.isRefusal(line) {
        tally.refused("stale")
      } else {
        tally.violation("\(node.name) answered \(line) to a stale \(command.joined(separator: " "))")
      }
      return true
    }
    tally.acknowledged("stale")
    if isPair {
      if TransferWorkload.transfer(in: answer) == .torn {
        tally.violation(
          "\(node.name) shows half of a transfer: \(answer) for \(command.joined(separator: " "))")
      }
    } else if let observation = observation(answer, of: command[1], connection) {
      observations.add(observation)
    } else {
      tally.violation("\(node.name) answered \(answer) to a stale \(command.joined(separator: " "))")
    }
    return true
  }

  private func observation(_ answer: RESPValue, of key: String, _ connection: Int) -> StaleReads.Observation?
  {
    // Without HELLO 3 a map comes as a flat array.
    var fields: [String: RESPValue] = [:]
    if let elements = answer.elements {
      for place in stride(from: 0, to: elements.count - 1, by: 2) {
        if let name = elements[place].text { fields[name] = elements[place + 1] }
      }
    }
    guard let value = fields["value"], let applied = fields["applied_index"]?.integer else { return nil }
    return StaleReads.Observation(
      node: node.name, connection: connection, key: key, value: value.text,
      modified: UInt64(fields["modified_index"]?.integer ?? 0), applied: UInt64(max(0, applied)))
  }
}
