import FuzzTargets
import Glibc

// Runs one fuzz target under libFuzzer, which has the `main`: `kvfuzz TARGET CORPUS-DIRECTORY [options of libFuzzer]`,
// or `kvfuzz TARGET --corpus DIRECTORY`, which writes the target's own corpus as files. `tools/fuzz` calls both.

nonisolated(unsafe) private var target: FuzzTarget?

/// Takes what is not libFuzzer's from the arguments.
@_cdecl("LLVMFuzzerInitialize")
func initialize(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
  let words = (0..<Int(count.pointee)).map { place in
    arguments.pointee[place].map { String(cString: $0) } ?? ""
  }
  guard words.count > 2, let found = FuzzTarget.named(words[1]) else {
    fail("usage: kvfuzz TARGET DIRECTORY [options of libFuzzer]; see tools/fuzz --help")
  }
  if words[2] == "--corpus", words.count == 4 {
    do { try writeCorpus(of: found, to: words[3]) } catch { fail("\(error)") }
    exit(0)
  }
  target = found
  for place in 1..<words.count { arguments.pointee[place] = arguments.pointee[place + 1] }
  count.pointee -= 1
  return 0
}

/// Runs one input.
@_cdecl("LLVMFuzzerTestOneInput")
func runOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
  do { try target?.run(input) } catch {
    // What libFuzzer keeps is an input that ends the process.
    fail("\(error)", isCrash: true)
  }
  return 0
}
