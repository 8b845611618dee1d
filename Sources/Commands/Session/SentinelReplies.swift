/// The answers to SENTINEL, which depend on nothing but the request and what the node knows of its cluster.
public enum SentinelReplies {
  /// The answer to a subcommand that neither changes the cluster nor asks for help. `command` is its full name.
  public static func reply(to command: String, _ arguments: [[UInt8]], _ view: SentinelView) -> Reply {
    switch command {
    case "sentinel|masters": return .array(view.master.map { [.map(masterFields($0, view))] } ?? [])
    case "sentinel|myid": return .text(view.own.id)
    case "sentinel|is-master-down-by-addr": return isDown(arguments, view)
    case "sentinel|reset", "sentinel|monitor", "sentinel|remove", "sentinel|set": return refusal(of: command)
    case "sentinel|get-master-addr-by-name":
      guard arguments[2].elementsEqual(view.name.utf8), let master = view.master else { return .nullArray }
      return .array([.text(master.host), .text("\(master.port)")])
    default: break
    }
    guard arguments[2].elementsEqual(view.name.utf8) else { return noSuchMaster }
    switch command {
    case "sentinel|master": return view.master.map { .map(masterFields($0, view)) } ?? notConfirmed
    case "sentinel|ckquorum": return checkQuorum(view)
    case "sentinel|sentinels": return .array(view.others.map { .map(sentinelFields($0, view)) })
    default: return .array(view.replicas.map { .map(replicaFields($0, view)) })
    }
  }

  /// The answer for a master that nobody here knows.
  public static let noSuchMaster = Reply.error("ERR No such master with that name")

  /// No client takes this for the name of a master; it asks the next node.
  private static let notConfirmed = Reply.error(
    "IDONTKNOW No master is confirmed in the current epoch here. Please ask another node.")

  private static func refusal(of command: String) -> Reply {
    switch command {
    case "sentinel|reset":
      .error("ERR SENTINEL RESET is refused: the members of the cluster stand in its log")
    case "sentinel|set":
      .error("ERR SENTINEL SET is refused: options are given when a node starts, see its --help")
    default:
      .error(
        "ERR \(command.replacing("|", with: " ").uppercased()) is refused: a node tells of its own cluster only"
      )
    }
  }

  private static func isDown(_ arguments: [[UInt8]], _ view: SentinelView) -> Reply {
    guard let port = arguments[3].parsedInteger else { return .error(CommandError.notAnInteger.text) }
    guard arguments[4].parsedInteger != nil else { return .error(CommandError.notAnInteger.text) }
    let host = arguments[2].lossyText
    let node = ([view.own] + view.others).first { $0.host == host && $0.port == port }
    let isDown = node.map { $0.canLead && !$0.isUp } ?? false
    // Masters are elected by slaves' promises: no vote is given here.
    return .array([.integer(isDown ? 1 : 0), .text("*"), .integer(0)])
  }

  private static func checkQuorum(_ view: SentinelView) -> Reply {
    guard let usable = view.usableSlaves else {
      return .error("IDONTKNOW A slave has no links to the other slaves. Please ask a master.")
    }
    var trouble: [String] = []
    if usable < view.quorum {
      trouble.append("Not enough available slaves to reach the quorum of \(view.quorum) for an election")
    }
    let canLead = ([view.own] + view.others).count { $0.canLead && $0.isUp && $0.id != view.confirmed }
    if canLead == 0 { trouble.append("No other master can be reached to take over") }
    guard trouble.isEmpty else {
      return .error("NOQUORUM \(usable) usable slaves. \(trouble.joined(separator: ". "))")
    }
    return .simple("OK \(usable) usable slaves. Quorum and failover authorization can be reached")
  }

  // MARK: Fields

  private static func masterFields(_ node: SentinelView.Instance, _ view: SentinelView) -> [Reply.Pair] {
    var fields = commonFields(node, name: view.name, flags: ["master"], view)
    fields += pairs([
      ("role-reported", "master"), ("role-reported-time", "\(node.silence)"),
      ("config-epoch", "\(view.round)"), ("num-slaves", "\(view.replicas.count)"),
      ("num-other-sentinels", "\(view.others.count { $0.isUp })"), ("quorum", "\(view.quorum)"),
      ("failover-timeout", "\(view.patience)"), ("parallel-syncs", "1"),
    ])
    return fields
  }

  private static func replicaFields(_ node: SentinelView.Instance, _ view: SentinelView) -> [Reply.Pair] {
    var flags = ["slave"]
    if !node.isUp {
      flags += ["s_down", "disconnected"]
    } else if node.isQuarantined {
      flags.append("s_down")
    }
    var fields = commonFields(node, name: "\(node.host):\(node.port)", flags: flags, view)
    let hasMaster = view.master != nil && node.isUp
    fields += pairs([
      ("role-reported", "slave"), ("role-reported-time", "\(node.silence)"),
      ("master-link-down-time", hasMaster ? "0" : "\(max(1, node.silence))"),
      ("master-link-status", hasMaster ? "ok" : "err"), ("master-host", view.master?.host ?? "?"),
      ("master-port", "\(view.master?.port ?? 0)"),
      // What Sentinel never promotes has the priority 0.
      ("slave-priority", node.canLead ? "100" : "0"), ("slave-repl-offset", "\(node.offset)"),
      ("replica-announced", "1"),
    ])
    return fields
  }

  private static func sentinelFields(_ node: SentinelView.Instance, _ view: SentinelView) -> [Reply.Pair] {
    let flags = ["sentinel"] + (node.isUp ? [] : ["s_down", "disconnected"])
    return commonFields(node, name: node.id, flags: flags, view)
      + pairs([
        ("last-hello-message", "\(node.silence)"), ("voted-leader", "?"), ("voted-leader-epoch", "0"),
      ])
  }

  private static func commonFields(
    _ node: SentinelView.Instance, name: String, flags: [String], _ view: SentinelView
  ) -> [Reply.Pair] {
    let down = node.isUp ? [] : [("s-down-time", "\(node.silence)")]
    return pairs(
      [
        ("name", name), ("ip", node.host), ("port", "\(node.port)"), ("runid", node.id),
        ("flags", flags.joined(separator: ",")), ("link-pending-commands", "0"),
        ("link-refcount", "1"), ("last-ping-sent", "0"), ("last-ok-ping-reply", "\(node.silence)"),
        ("last-ping-reply", "\(node.silence)"),
      ] + down + [
        ("down-after-milliseconds", "\(view.patience)"), ("info-refresh", "\(node.silence)"),
      ])
  }

  private static func pairs(_ fields: [(String, String)]) -> [Reply.Pair] {
    fields.map { Reply.Pair(.text($0.0), .text($0.1)) }
  }
}
