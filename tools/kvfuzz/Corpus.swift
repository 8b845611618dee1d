import FuzzTargets
import Glibc

/// Writes the target's own corpus, a file for each input.
func writeCorpus(of target: FuzzTarget, to directory: String) throws {
  for (number, input) in try target.corpus().enumerated() {
    guard let file = fopen("\(directory)/seed-\(number)", "w") else { fail("cannot write to \(directory)") }
    fwrite(input, 1, input.count, file)
    fclose(file)
  }
}

/// A sentence on standard error, and the end.
func fail(_ reason: String, isCrash: Bool = false) -> Never {
  let line = Array("kvfuzz: \(reason)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
  if isCrash { abort() }
  exit(2)
}
