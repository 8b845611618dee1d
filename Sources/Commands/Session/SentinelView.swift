/// What a node knows of its cluster when a client speaks to it as to a Sentinel.
///
/// All addresses are those that the nodes were told to announce.
public struct SentinelView: Hashable, Sendable {
  /// A node of the cluster as seen by this one.
  public struct Instance: Hashable, Sendable {
    /// Its id.
    public var id: String
    /// The name or number under which clients reach it.
    public var host: String
    /// The port beside it.
    public var port: Int
    /// Whether it was started as a master and so can be handed the lead.
    public var canLead: Bool
    /// Whether this node has a link to it, or cannot tell, as a slave of another slave.
    public var isUp: Bool
    /// Whether its replica contradicts the log.
    public var isQuarantined: Bool
    /// How many milliseconds ago it last said something.
    public var silence: Int64
    /// The last entry that it is known to hold.
    public var offset: UInt64

    /// Makes an instance.
    public init(
      id: String, host: String, port: Int, canLead: Bool, isUp: Bool, isQuarantined: Bool = false,
      silence: Int64 = 0, offset: UInt64 = 0
    ) {
      self.id = id
      self.host = host
      self.port = port
      self.canLead = canLead
      self.isUp = isUp
      self.isQuarantined = isQuarantined
      self.silence = silence
      self.offset = offset
    }
  }

  /// The name that clients call the master by.
  public var name: String
  /// The node that answers.
  public var own: Instance
  /// All other members.
  public var others: [Instance]
  /// The id of the master that leads; nil while none is confirmed in the current epoch.
  public var confirmed: String?
  /// The round of the current epoch.
  public var round: UInt64
  /// How many slaves must promise before another master leads.
  public var quorum: Int
  /// How many of them this node has links to; nil on a slave, which has links to masters only.
  public var usableSlaves: Int?
  /// How many milliseconds a master may be silent before another one may lead.
  public var patience: Int64

  /// Makes a view.
  public init(
    name: String, own: Instance, others: [Instance], confirmed: String?, round: UInt64, quorum: Int,
    usableSlaves: Int?, patience: Int64
  ) {
    self.name = name
    self.own = own
    self.others = others
    self.confirmed = confirmed
    self.round = round
    self.quorum = quorum
    self.usableSlaves = usableSlaves
    self.patience = patience
  }

  /// The confirmed master.
  public var master: Instance? {
    guard let confirmed else { return nil }
    return own.id == confirmed ? own : others.first { $0.id == confirmed }
  }

  /// The slaves, and the masters on standby. While no master is confirmed no node that can lead is among them: one
  /// of those may be leading.
  public var replicas: [Instance] {
    let all = [own] + others
    return confirmed == nil ? all.filter { !$0.canLead } : all.filter { $0.id != confirmed }
  }
}
