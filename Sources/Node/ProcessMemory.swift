import Foundation

/// How much memory this process has, in bytes.
struct ProcessMemory {
  /// All pages in memory, those of files included.
  var resident: Int
  /// Pages that are of no file.
  var own: Int
  /// The most that was ever resident.
  var peak: Int

  static func now() -> ProcessMemory {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let words =
      (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    func pages(_ position: Int) -> Int { position < words.count ? Int(words[position]) ?? 0 : 0 }
    return ProcessMemory(
      resident: pages(1) * page, own: (pages(1) - pages(2)) * page, peak: ProcessTimes.now().peakBytes)
  }
}

/// What this process has used of the processors, in seconds.
struct ProcessTimes {
  var user: Double
  var system: Double
  var peakBytes: Int

  static func now() -> ProcessTimes {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return ProcessTimes(
      user: seconds(usage.ru_utime), system: seconds(usage.ru_stime), peakBytes: Int(usage.ru_maxrss) << 10)
  }

  /// Seconds as INFO shows them.
  static func text(_ seconds: Double) -> String { String(format: "%.6f", seconds) }
}
