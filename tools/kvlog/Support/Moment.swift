import ArgumentParser
import Foundation

/// A moment of Unix time, as people write it.
struct Moment: ExpressibleByArgument, CustomStringConvertible {
  var milliseconds: Int64

  init(milliseconds: Int64) { self.milliseconds = milliseconds }

  init?(argument: String) {
    if let milliseconds = Int64(argument) {
      self.milliseconds = milliseconds
      return
    }
    for options: ISO8601DateFormatter.Options in [
      [.withInternetDateTime], [.withInternetDateTime, .withFractionalSeconds],
    ] {
      let formatter = ISO8601DateFormatter()
      formatter.formatOptions = options
      if let date = formatter.date(from: argument) {
        milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
        return
      }
    }
    return nil
  }

  var description: String {
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    return formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
  }
}
