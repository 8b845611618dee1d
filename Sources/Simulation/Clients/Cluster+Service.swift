import Commands
import Replication
import Serving

// The nodes' side: connections, and what the server's host does for it.

extension Cluster {
  /// How far the wall clocks of the nodes are from the true time, in milliseconds at most.
  static let wallSkew: Int64 = 120

  var trueWallMilliseconds: Int64 { 1_700_000_000_000 + time / 1_000_000 }

  // MARK: Connections

  /// Commands reach a machine, whether its node runs or not.
  func arrive(_ batch: [[[UInt8]]], over connection: Connection) {
    let machine = machines[connection.machine]
    guard machine.isRunning, connection.incarnation ?? machine.incarnation == machine.incarnation else {
      return closeByNode(connection)
    }
    // The kernel has accepted the connection, also for a node that is stopped: it ends with this run.
    connection.incarnation = machine.incarnation
    give(.service(.requests(batch, connection)), to: machine)
  }

  func serve(_ input: ServiceInput, _ machine: Machine, _ process: Process) {
    switch input {
    case .requests(let batch, let connection): serve(batch, over: connection, machine, process)
    case .gone(let connection):
      guard connection.incarnation == machine.incarnation else { return }
      process.connections.removeAll { $0 === connection }
      connection.session?.closed()
      connection.session = nil
    case .endOfGrace(let connection):
      if connection.incarnation == machine.incarnation { connection.session?.closeAfterReplies() }
    case .expire:
      process.expiryScheduled = false
      process.server.expire()
    case .applied(let index): applied(index, machine, process)
    case .question(let frame):
      switch frame {
      case .question(let question, let master): process.server.received(question, from: master)
      case .answer(let answer, let slave): process.server.received(answer, from: slave)
      }
    }
  }

  private func serve(
    _ batch: [[[UInt8]]], over connection: Connection, _ machine: Machine, _ process: Process
  ) {
    if !connection.isAccepted {
      connection.isAccepted = true
      process.sessions += 1
      let session = Session(id: process.sessions, server: process.server)
      connection.session = session
      process.connections.append(connection)
      session.opened(connection)
    }
    guard let session = connection.session else { return }
    for words in batch where !session.isClosing {
      process.server.handle(Request(arguments: words, arrived: process.now), from: session)
    }
    session.drain()
  }

  func deliver(_ replies: [Reply], over connection: Connection) {
    let at = max(connection.lastToClient + 1, time + networkDice.between(50_000, 500_000))
    connection.lastToClient = at
    queue.push(.client(.replies(replies, connection)), at: at)
  }

  func closeByNode(_ connection: Connection) {
    let at = max(connection.lastToClient + 1, time + networkDice.between(50_000, 500_000))
    connection.lastToClient = at
    queue.push(.client(.closed(connection)), at: at)
    let machine = machines[connection.machine]
    schedule(.service(.gone(connection)), for: machine, after: 1_000_000)
  }

  func scheduleEndOfGrace(of connection: Connection, after grace: Nanoseconds) {
    schedule(.service(.endOfGrace(connection)), for: machines[connection.machine], after: grace)
  }

  /// The sockets of a node that has ended are closed; some clients only notice by waiting.
  func closeClients(of machine: Machine, _ process: Process?) {
    for connection in process?.connections ?? [] {
      connection.session = nil
      if clientDice.chance(percent: 70) {
        schedule(.client(.closed(connection)), after: clientDice.between(500_000, 1_500_000))
      }
    }
  }

  // MARK: Time

  /// The server looks at what waits several times a second, while something does.
  func scheduleExpiry(_ machine: Machine, _ process: Process) {
    guard !process.expiryScheduled, !process.server.isIdle else { return }
    process.expiryScheduled = true
    schedule(.service(.expire), for: machine, after: nodeDice.between(40_000_000, 60_000_000))
  }

  // MARK: Applying

  /// The applier's news reaches the node a little later than what it has applied can be read.
  func announceApplied(_ machine: Machine, _ process: Process) {
    let index = process.replica.applied
    schedule(.service(.applied(index)), for: machine, after: diskDice.between(10_000, 3_000_000))
  }

  private func applied(_ index: LogIndex, _ machine: Machine, _ process: Process) {
    process.applyScheduled = false
    process.server.applied(index)
    var effects: [Effect] = []
    process.core.receive(.applied(index), at: process.now, into: &effects)
    carryOut(effects, machine, process)
    process.server.resume()
    scheduleApply(machine, process)
    trim(machine, process)
  }

  func urgeApply(_ machine: Machine, _ process: Process) { scheduleApply(machine, process) }

  // MARK: Reads by majority

  func send(_ question: ReadRequest, from machine: Machine, to slave: NodeID) {
    send(.question(question, from: machine.id), from: machine, to: slave)
  }

  func send(_ answer: ReadReply, from machine: Machine, to master: NodeID) {
    send(.answer(answer, from: machine.id), from: machine, to: master)
  }

  private func send(_ frame: ReadFrame, from machine: Machine, to node: NodeID) {
    for (receiver, place, at) in arrivals(from: machine, to: node, size: 0) {
      queue.push(
        .read(frame, to: node, machine: receiver, link: place, session: network.links[place].session), at: at)
    }
  }

  func arrive(_ frame: ReadFrame, to receiver: NodeID, at machine: Machine, link: Int, session: Int) {
    guard machine.isRunning, machine.id == receiver, isHeard(by: machine, link: link, session: session) else {
      return
    }
    give(.service(.question(frame)), to: machine)
  }
}

/// What nodes say to each other on behalf of a read by majority.
enum ReadFrame {
  case question(ReadRequest, from: NodeID)
  case answer(ReadReply, from: NodeID)
}
