import Foundation
import Processes

/// Runs this program once more as the first process of network, mount and process namespaces of its own.
///
/// Whatever is made in there ends with that process, however it ends: the kernel kills the nodes, and takes down
/// their networks and mounts. So nothing can be left behind, not even by kill -9.
enum Isolation {
  private static let marker = "KVBENCH_ISOLATED"

  /// Whether this process is the one inside.
  static var isInside: Bool { ProcessInfo.processInfo.environment[marker] != nil }

  /// Why namespaces cannot be made here; nil if they can.
  static func obstacle() async -> String? {
    guard geteuid() == 0 else { return "not root" }
    guard Shell.find("unshare") != nil, Shell.find("nsenter") != nil else {
      return "there is no unshare or nsenter"
    }
    guard Shell.find("ip") != nil else { return "there is no ip" }
    do {
      try await Shell.run(launcher + ["true"])
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Runs this program inside with the same arguments, and gives its exit code.
  static func rerun() async throws -> Int32 {
    // Its end tells the one inside that this process is gone.
    var lifeline: [Int32] = [0, 0]
    guard pipe(&lifeline) == 0, fcntl(lifeline[1], F_SETFD, FD_CLOEXEC) == 0 else {
      throw BenchError("no pipe: \(String(cString: strerror(errno)))")
    }
    var environment = ProcessInfo.processInfo.environment
    environment[marker] = "1"
    let child = try ChildProcess(
      launcher + [KvorumBinary.ownPath.path] + CommandLine.arguments.dropFirst(),
      streams: .descriptors(input: lifeline[0], output: 1, errors: 2), environment: environment)
    close(lifeline[0])
    let stop = StopSignal()
    stop.watch { child.signalGroup($0) }
    while true {
      if let exit = child.poll() {
        switch exit {
        case .code(let code): return code
        case .signal(let number): return 128 + number
        }
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Asks for an orderly end as soon as the process outside is gone.
  static func watchLifeline(_ stop: StopSignal) {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while read(0, &byte, 1) > 0 {}
      stop.request()
    }
  }

  private static var launcher: [String] {
    ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
  }
}
