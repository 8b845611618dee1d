import FuzzTargets
import Glibc

/// libFuzzer's own entry, for programs that bring their `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

nonisolated(unsafe) private var target: FuzzTarget?

/// Runs one fuzz target under libFuzzer: `kvfuzz TARGET CORPUS-DIRECTORY [options of libFuzzer]`, or
/// `kvfuzz TARGET --corpus DIRECTORY`, which writes the target's own corpus as files. `tools/fuzz` calls both.
@main
enum KVFuzz {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 2, let found = FuzzTarget.named(arguments[1]) else {
      fail("usage: kvfuzz TARGET DIRECTORY [options of libFuzzer]; see tools/fuzz --help")
    }
    if arguments[2] == "--corpus", arguments.count == 4 {
      return try writeCorpus(of: found, to: arguments[3])
    }
    target = found
    var passed = ([arguments[0]] + arguments.dropFirst(2)).map { strdup($0) } + [nil]
    var count = Int32(passed.count - 1)
    let status = passed.withUnsafeMutableBufferPointer { buffer in
      guard var start = buffer.baseAddress else { return Int32(1) }
      return runDriver(&count, &start, runOne)
    }
    exit(status)
  }

  private static func writeCorpus(of target: FuzzTarget, to directory: String) throws {
    for (number, input) in try target.corpus().enumerated() {
      guard let file = fopen("\(directory)/seed-\(number)", "w") else { fail("cannot write to \(directory)") }
      fwrite(input, 1, input.count, file)
      fclose(file)
    }
  }
}

private let runOne: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32 = { bytes, count in
  let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  do { try target?.run(input) } catch {
    // What libFuzzer keeps is an input that ends the process.
    fail("\(error)", isCrash: true)
  }
  return 0
}

private func fail(_ reason: String, isCrash: Bool = false) -> Never {
  fputs("kvfuzz: \(reason)\n", stderr)
  if isCrash { abort() }
  exit(2)
}
