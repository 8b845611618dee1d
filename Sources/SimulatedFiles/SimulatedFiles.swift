import CSQLite
import Glibc
import Replication

/// The files of one machine, all in memory, which tell what was written from what was fsynced.
///
/// It is a `FileSystem` for the storage and a SQLite VFS in one. A fault can be put at any system call; a power cut
/// keeps any part of what was not fsynced; bits can rot. Everything follows from the seed, except the salts in
/// SQLite's -wal files, which have no influence on what happens. Used by one thread at a time.
///
/// The model is the worst that POSIX allows: a name is durable only after the fsync of its directory, and writes
/// that were not fsynced reach the disk in any order, in part or never. One promise of real disks is kept: a write
/// leaves the bytes beside it alone (SQLite's powersafe overwrite).
public final class SimulatedFiles: @unchecked Sendable {
  /// The name under which SQLite knows these files.
  public var name: String { vfs.name }
  /// How often each system call was tried.
  public private(set) var calls: [SystemCall: Int] = [:]
  /// The fault that has happened since the last `inject`, if it has.
  public private(set) var struck: Fault?
  /// Whether a crash has stopped the machine, so that every call fails.
  public private(set) var isDown = false

  /// Counts the lives of the process: who opened a file in an earlier one can do nothing with it any more.
  private(set) var life = 0
  private(set) var lastError: Int32 = 0

  private var names = NameTable()
  private var locked: [String: Int] = [:]
  private var armed: (fault: Fault, remaining: Int)?
  private var isFull = false
  private var generator: SplitMix64
  private var milliseconds: Int64 = 1_760_000_000_000
  private var vfs: RegisteredVFS!

  /// An empty machine.
  public init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
    vfs = RegisteredVFS(self)
  }

  // MARK: Faults

  /// Lets a fault happen at the n-th call from now, from 1, of those that it can strike; replaces any before it.
  public func inject(_ fault: Fault, at call: Int) {
    armed = (fault, call)
    struck = nil
  }

  /// Takes back a fault that has not happened yet.
  public func disarm() { armed = nil }

  /// Ends `Fault.noSpace`.
  public func makeRoom() { isFull = false }

  /// Ends the process, while the machine lives on: what was written is still there, though not on the disk.
  public func kill() {
    endLife()
    for path in names.files {
      names.file(path)?.locks.clear()
      names.file(path)?.sharedMemory = nil
    }
  }

  /// Ends the machine, and starts it again with what was on the disk.
  public func powerCut(keeping survival: Survival) {
    endLife()
    var dice = SurvivalDice(survival)
    names.powerCut(&dice)
  }

  private func endLife() {
    life += 1
    isDown = false
    armed = nil
    locked = [:]
  }

  /// Turns a bit of a file over, counted from its start.
  public func flipBit(_ bit: Int, of path: String) { names.file(path)?.flip(bit: bit) }

  // MARK: Looking at it

  /// The paths of all files.
  public var paths: [String] { names.files }

  /// What a file holds; nil if there is none.
  public func contents(of path: String) -> [UInt8]? { names.file(path).map { [UInt8]($0.contents.bytes) } }

  /// The state of a path's name.
  func object(_ path: String) -> NameTable.Object? { names[path] }

  // MARK: System calls

  /// Counts a call and says what becomes of it.
  func verdict(on call: SystemCall) -> Verdict {
    calls[call, default: 0] += 1
    let verdict = decide(call)
    if case .fails(let errno) = verdict { lastError = errno }
    return verdict
  }

  private func decide(_ call: SystemCall) -> Verdict {
    if isDown { return .fails(errno: EIO) }
    if isFull, call.needsRoom { return .fails(errno: ENOSPC) }
    guard let (fault, remaining) = armed, fault.canStrike(call) else { return .succeeds }
    guard remaining == 1 else {
      armed = (fault, remaining - 1)
      return .succeeds
    }
    armed = nil
    struck = fault
    switch fault {
    case .crash:
      isDown = true
      return .dies
    case .inputOutput: return .fails(errno: EIO)
    case .noSpace:
      isFull = true
      return .fails(errno: ENOSPC)
    case .shortWrite:
      lastError = ENOSPC
      return .writesPart
    case .failedSync(let cacheKept):
      lastError = EIO
      return .syncFails(cacheKept: cacheKept)
    }
  }

  /// How much of a write is done by one that is cut short.
  func part(of count: Int) -> Int { Int(generator.next() % UInt64(max(1, count))) }

  func synchronize(_ file: StoredFile) -> Bool {
    switch verdict(on: .synchronize) {
    case .succeeds:
      file.synchronize()
      return true
    case .syncFails(let cacheKept):
      var dice = SurvivalDice(.some(seed: generator.next()))
      file.failSynchronize(cacheKept: cacheKept, &dice)
      return false
    case .dies, .fails, .writesPart: return false
    }
  }

  func synchronizeNames(in directory: String) -> Bool {
    switch verdict(on: .synchronizeDirectory) {
    case .succeeds:
      names.synchronize(directory)
      return true
    case .dies, .fails, .writesPart, .syncFails: return false
    }
  }

  /// Does a call that is one change of names; false, with the error in `lastError`, if it fails.
  func change(_ call: SystemCall, _ body: (inout NameTable) -> Void) -> Bool {
    switch verdict(on: call) {
    case .succeeds:
      body(&names)
      return true
    case .dies:
      body(&names)
      return false
    case .fails, .writesPart, .syncFails: return false
    }
  }

  /// Opens or makes a file; nil, with the error in `lastError`, if that fails.
  func open(_ path: String, creating: Bool, exclusively: Bool) -> StoredFile? {
    switch names[path] {
    case .file(let file) where !exclusively:
      if case .succeeds = verdict(on: .open) { return file }
      return nil
    case .file: return fail(EEXIST)
    case .directory: return fail(EISDIR)
    case nil:
      guard creating, names.hasParent(path) else { return fail(ENOENT) }
      let file = StoredFile()
      return change(.create) { $0.add(path, .file(file)) } ? file : nil
    }
  }

  func delete(_ path: String, synchronizing: Bool) -> Int32 {
    guard !isDown else { return ResultCode.delete }
    guard names.file(path) != nil else {
      lastError = ENOENT
      return ResultCode.deleteMissing
    }
    guard change(.remove, { $0.remove(path) }) else { return ResultCode.delete }
    guard synchronizing else { return SQLITE_OK }
    return synchronizeNames(in: NameTable.parent(of: path)) ? SQLITE_OK : ResultCode.synchronizeDirectory
  }

  private func fail(_ number: Int32) -> StoredFile? {
    lastError = number
    return nil
  }

  // MARK: Locks, time and chance

  /// Takes a directory; false if this process has it already.
  func take(_ directory: String) -> Bool {
    guard locked[directory] == nil else { return false }
    locked[directory] = life
    return true
  }

  func giveBack(_ directory: String, takenIn life: Int) {
    if locked[directory] == life { locked[directory] = nil }
  }

  func hasParent(_ path: String) -> Bool { names.hasParent(path) }

  /// Milliseconds of Unix time; sleeping is what makes it pass.
  func now() -> Int64 { milliseconds }

  func sleep(microseconds: Int32) { milliseconds += max(1, Int64(microseconds) / 1000) }

  func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    for place in bytes.indices { bytes[place] = UInt8(truncatingIfNeeded: generator.next()) }
  }
}
