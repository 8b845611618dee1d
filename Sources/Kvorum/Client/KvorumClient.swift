import Foundation
import NIOCore
import NIOPosix
import RESP
import Synchronization

/// A client of a Kvorum cluster that follows its active master.
///
///     let client = try await KvorumClient.connect(masters: ["127.0.0.1:12345", "127.0.0.1:12346"])
///     try await client.set("foo", "bar")
///     let value = try await client.get("foo")
///
/// Any number of tasks may use it at once; their commands share one connection to the active master. A
/// failover or a failback is followed unseen. A write whose answer was lost is never sent twice: it throws
/// `KvorumError.inDoubt`, and the caller decides.
public final class KvorumClient: Sendable {
  /// What a client is made with.
  public struct Configuration: Sendable {
    /// The masters to begin with; others are learned from them.
    public var masters: [Endpoint]
    /// Slaves for reads while no master is up; those in the cache are asked too.
    public var slaves: [Endpoint] = []
    /// What a read promises unless the command says otherwise.
    public var consistency = ReadConsistency.linearizable
    /// Connects by TLS: the certificate to show, if any, and whose signature nodes' certificates must have. Nil
    /// connects in plain text.
    public var tls: Certificates?
    /// Whom to log in as; nil if nobody has to.
    public var credentials: Credentials?
    /// How long a command is tried.
    public var timeout = Duration.seconds(5)
    /// Where what was learned of the cluster is kept for the next client; nil keeps nothing. By default
    /// `$XDG_CACHE_HOME/kvorum` or `~/.cache/kvorum`.
    public var cacheDirectory: URL? = TopologyCache.standardDirectory()
    /// The thread to run on; nil takes one of SwiftNIO's.
    public var eventLoop: (any EventLoop)?

    /// The defaults for these masters.
    public init(masters: [Endpoint]) { self.masters = masters }

    /// The defaults for these masters, each `host:port`.
    ///
    /// - Throws: `KvorumError.invalidConfiguration` for the first that is no address.
    public init(masters: [String]) throws(KvorumError) { self.init(masters: try Endpoint.list(masters)) }
  }

  let configuration: Configuration
  let engine: ClientEngine
  let access: ClientAccess
  let memory: TopologyMemory
  private let consistency: Mutex<ReadConsistency>

  /// A client that connects in the background; its first command waits for that.
  ///
  /// - Throws: `KvorumError.invalidConfiguration` if no master is named or a file of certificates cannot be used.
  public convenience init(_ configuration: Configuration) throws(KvorumError) {
    try self.init(configuration, settings: FailoverSettings())
  }

  init(_ configuration: Configuration, settings: FailoverSettings) throws(KvorumError) {
    guard !configuration.masters.isEmpty else {
      throw .invalidConfiguration("No master is named; name at least one, such as 127.0.0.1:12345.")
    }
    self.configuration = configuration
    let access = try ClientAccess(configuration)
    self.access = access
    consistency = Mutex(configuration.consistency)
    let memory = TopologyMemory(
      cache: configuration.cacheDirectory.map { TopologyCache(directory: $0, masters: configuration.masters) }
    )
    self.memory = memory
    var settings = settings
    settings.consistency = configuration.consistency
    engine = ClientEngine(
      eventLoop: configuration.eventLoop ?? MultiThreadedEventLoopGroup.singleton.next(),
      masters: configuration.masters, access: access, settings: settings, onLearned: { memory.learn($0) })
  }

  deinit { engine.shutDown() }

  /// A client that has found the active master.
  ///
  /// - Parameter masters: each `host:port`; one that is up is enough to find the others.
  /// - Throws: `KvorumError.noActiveMaster` if none is found within five seconds.
  public static func connect(masters: [String]) async throws(KvorumError) -> KvorumClient {
    try await connect(try Configuration(masters: masters))
  }

  /// A client that has found the active master.
  ///
  /// - Throws: `KvorumError.noActiveMaster` if none is found within the configuration's timeout.
  public static func connect(_ configuration: Configuration) async throws(KvorumError) -> KvorumClient {
    let client = try KvorumClient(configuration)
    do {
      _ = try await client.status()
    } catch {
      await client.close()
      throw error
    }
    return client
  }

  /// Ends all connections. Commands under way throw `closed`, or `inDoubt` if they were writes already sent.
  public func close() async {
    engine.shutDown()
    await memory.settle()
  }

  /// Runs any command of Redis or Kvorum.
  ///
  /// - Parameter timeout: how long it is tried; nil takes the configuration's.
  /// - Returns: the answer, which is never an error.
  /// - Throws: `KvorumError.server` for an error answer, and the other errors as their words say.
  @discardableResult
  public func command(
    _ arguments: [[UInt8]], timeout: Duration? = nil
  ) async throws(KvorumError) -> RESPValue {
    guard !arguments.isEmpty else { throw .invalidConfiguration("A command has at least its name.") }
    if let level = CommandKind.chosenConsistency(arguments) {
      // The connection is shared and may be replaced at any moment, so the client keeps the level, not the
      // connection.
      consistency.withLock { $0 = level }
      engine.choose(level)
      return .simple("OK")
    }
    return try await send(arguments, kind: CommandKind.of(arguments), timeout: timeout)
  }

  /// Runs any command of Redis or Kvorum, given as text.
  ///
  /// - Throws: `KvorumError`, as the other form does.
  @discardableResult
  public func command(_ arguments: String...) async throws(KvorumError) -> RESPValue {
    try await command(arguments.map { Array($0.utf8) })
  }

  /// What the active master knows of the cluster.
  ///
  /// - Parameter anyMaster: takes the word of a standby if no master is active.
  /// - Throws: `KvorumError.noActiveMaster` if none was found within `timeout`.
  public func status(
    anyMaster: Bool = false, timeout: Duration? = nil
  ) async throws(KvorumError) -> ClusterStatus {
    let answer = try await send(
      [Array("KV.STATUS".utf8)], kind: anyMaster ? .anyNode : .activeStatus, timeout: timeout)
    guard let json = answer.bytes else {
      throw .unexpectedAnswer(message: "The answer to KV.STATUS is not a string.")
    }
    return try ClusterStatus(json: json)
  }

  /// The master that serves this client now, asked anew; nil if none is found within `patience`.
  public func servingMaster(within patience: Duration = .milliseconds(1_200)) async -> NodeReference? {
    let answer = try? await send(
      [Array("KV.STATUS".utf8)], kind: .activeStatus, timeout: patience, failsFast: true)
    return answer?.clusterStatus?.reporter
  }

  /// How it stands with each master now, as far as the client knows.
  public func masters() async -> [MasterReport] { await engine.reports() }

  func send(
    _ arguments: [[UInt8]], kind: ClientRequest.Kind, timeout: Duration? = nil, failsFast: Bool = false
  ) async throws(KvorumError) -> RESPValue {
    var bytes = ByteBuffer()
    bytes.writeRESPRequest(arguments)
    let isStale = consistency.withLock { $0 } == .stale
    let kind = kind == .read && isStale ? .anyNode : kind
    do {
      return try await engine.send(
        bytes, kind: kind, timeout: TimeAmount(timeout ?? configuration.timeout), failsFast: failsFast)
    } catch let error as KvorumError {
      throw error
    } catch {
      preconditionFailure("The engine throws only KvorumError: \(error)")
    }
  }
}
