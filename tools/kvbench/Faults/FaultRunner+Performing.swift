import Foundation
import Replication

extension FaultRunner {
  /// Does a fault and undoes it after its time.
  func perform(_ fault: Fault) async {
    do {
      switch fault {
      case .kill(let target, let milliseconds): try await kill(fault, target, milliseconds)
      case .stop(let target, let milliseconds): await stop(fault, target, milliseconds)
      case .cut(let target, let cut, let milliseconds): try await self.cut(fault, target, cut, milliseconds)
      case .split(let count, let milliseconds): try await split(fault, count, milliseconds)
      case .delay(let target, let strength, let milliseconds):
        try await delay(fault, target, strength, milliseconds)
      case .diskFull(let place, let bytes, let milliseconds):
        try await fillDisk(fault, place, bytes, milliseconds)
      case .diskLoss(let slave, let milliseconds): try await loseDisk(fault, slave, milliseconds)
      case .restart(let target, let isClean, let offset): try await restart(fault, target, isClean, offset)
      case .blackout(let order, let offset): try await blackout(fault, order, offset)
      }
      log.count(fault.kind)
    } catch {
      log.trouble("\(fault.kind.rawValue) could not be done: \(error)")
    }
  }

  private func kill(_ fault: Fault, _ target: Target, _ milliseconds: Int) async throws {
    guard let node = await node(target), node.isRunning else { return }
    // While nobody leads, one who might is killed; that is no kill of an active master.
    let wasActive = await cluster.active() === node
    log.line("kill -9 \(node.name)\(wasActive ? ", the active master" : "")")
    node.kill()
    if wasActive {
      log.countKillOfActive()
      // Started at once it could win the lead back, and there would be no failover to see.
      _ = await eventually(within: .seconds(3), every: .milliseconds(20)) { [self] in
        await cluster.active() != nil || clock.isOver
      }
    }
    await clock.sleep(milliseconds: milliseconds)
    try node.start()
    log.line("starts \(node.name)")
  }

  private func stop(_ fault: Fault, _ target: Target, _ milliseconds: Int) async {
    guard let node = await node(target) else { return }
    log.line("SIGSTOP \(node.name) for \(milliseconds) ms")
    await node.freeze()
    await clock.sleep(milliseconds: milliseconds)
    node.thaw()
    log.line("SIGCONT \(node.name)")
  }

  private func cut(_ fault: Fault, _ target: Target, _ cut: Fault.Cut, _ milliseconds: Int) async throws {
    guard let node = await node(target), let links else { return }
    let others = cluster.nodes.filter { $0 !== node }.map(\.number)
    let outgoing = others.map { (from: node.number, to: $0) }
    let incoming = others.map { (from: $0, to: node.number) }
    log.line("cuts \(node.name) off \(cut) for \(milliseconds) ms")
    let pairs: [(from: Int, to: Int)]
    switch cut {
    case .wholly:
      try await links.cutLink(of: node.number)
      pairs = []
    case .fromNodes: pairs = outgoing + incoming
    case .outgoing: pairs = outgoing
    case .incoming: pairs = incoming
    }
    try await links.block(pairs)
    await clock.sleep(milliseconds: milliseconds)
    if cut == .wholly { try await links.mendLink(of: node.number) }
    try await links.unblock(pairs)
    log.line("connects \(node.name) again")
  }

  private func split(_ fault: Fault, _ count: Int, _ milliseconds: Int) async throws {
    guard let active = await node(.active), let links else { return }
    let side = [active] + cluster.slaves.prefix(count)
    let other = cluster.nodes.filter { node in !side.contains { $0 === node } }
    let pairs = side.flatMap { a in
      other.flatMap { b in [(from: a.number, to: b.number), (from: b.number, to: a.number)] }
    }
    log.line("parts \(side.map(\.name)) from \(other.map(\.name)) for \(milliseconds) ms")
    try await links.block(pairs)
    await clock.sleep(milliseconds: milliseconds)
    try await links.unblock(pairs)
    log.line("joins both sides")
  }

  private func delay(_ fault: Fault, _ target: Target?, _ strength: Int, _ milliseconds: Int) async throws {
    guard let links else { return }
    var nodes = cluster.nodes
    if let target { nodes = [await node(target)].compactMap { $0 } }
    log.line("slows \(nodes.map(\.name)) down, strength \(strength), for \(milliseconds) ms")
    try await links.slowDown(nodes.map(\.number), strength: strength)
    await clock.sleep(milliseconds: milliseconds)
    try await links.speedUp(nodes.map(\.number))
    log.line("lets \(nodes.map(\.name)) be fast again")
  }

  private func fillDisk(_ fault: Fault, _ place: Int, _ bytes: Int, _ milliseconds: Int) async throws {
    let numbers = cluster.disks.keys.sorted()
    guard let disk = cluster.disks[numbers[place]] else { return }
    let node = cluster.nodes[numbers[place]]
    log.line("leaves \(bytes >> 10) KiB on the disk of \(node.name) for \(milliseconds) ms")
    node.setDiskFull(true)
    try await disk.fill(leaving: bytes)
    await clock.sleep(milliseconds: milliseconds)
    try await disk.empty()
    node.setDiskFull(false)
    log.line("gives \(node.name) its disk back")
    // Another fault may have killed it meanwhile, and its start may have met the full disk just now.
    try await Task.sleep(for: .milliseconds(500))
    if node.hasEndedExcused {
      log.line("starts \(node.name), which could not start on the full disk")
      try node.start()
    }
  }

  private func loseDisk(_ fault: Fault, _ slave: Int, _ milliseconds: Int) async throws {
    guard let node = await node(.slave(slave)) else { return }
    log.line("kill -9 \(node.name), and its directory is gone")
    node.kill()
    // The directory itself may be a mount.
    let files = FileManager.default
    for name in try files.contentsOfDirectory(atPath: node.directory) {
      try files.removeItem(atPath: node.directory + "/" + name)
    }
    await clock.sleep(milliseconds: milliseconds)
    try node.start()
    log.line("starts \(node.name), empty")
  }

  private func restart(_ fault: Fault, _ target: Target, _ isClean: Bool, _ offset: Int) async throws {
    guard let node = await node(target) else { return }
    log.line("restarts \(node.name) \(isClean ? "by SIGTERM" : "by kill -9")\(clockWords(offset))")
    if isClean {
      if await node.terminate(within: .seconds(12)) == nil { node.kill() }
    } else {
      node.kill()
    }
    try node.start(clockOffset: hasClocks ? offset : nil)
  }

  private func blackout(_ fault: Fault, _ order: UInt64, _ offset: Int) async throws {
    log.line("kill -9 of all nodes at once\(clockWords(offset))")
    for node in cluster.nodes { node.kill() }
    var random = SplitMix64(seed: order)
    for node in cluster.nodes.shuffled(using: &random) {
      try node.start(clockOffset: hasClocks ? offset + random.draw(0...1_000_000) : nil)
      await clock.sleep(milliseconds: random.draw(0...150))
    }
  }

  private func clockWords(_ offset: Int) -> String {
    hasClocks ? ", its clocks \(offset) s away from the machine's" : ""
  }
}
