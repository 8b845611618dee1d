/// How a command writes when a key ends.
enum ExpiryUnit {
  case secondsFromNow, millisecondsFromNow, unixSeconds, unixMilliseconds

  /// The unit that an option of SET and GETEX names.
  init?(option: [UInt8]) {
    if option.isWord("ex") {
      self = .secondsFromNow
    } else if option.isWord("px") {
      self = .millisecondsFromNow
    } else if option.isWord("exat") {
      self = .unixSeconds
    } else if option.isWord("pxat") {
      self = .unixMilliseconds
    } else {
      return nil
    }
  }

  /// The moment as milliseconds of Unix time, or nil when it is beyond what they can tell.
  func moment(_ value: Int64, now: Int64) -> Int64? {
    var (moment, overflows) = (value, false)
    if self == .secondsFromNow || self == .unixSeconds {
      (moment, overflows) = value.multipliedReportingOverflow(by: 1000)
    }
    guard !overflows else { return nil }
    if self == .secondsFromNow || self == .millisecondsFromNow {
      (moment, overflows) = moment.addingReportingOverflow(now)
    }
    return overflows ? nil : moment
  }
}

extension Evaluation {
  /// The moment that an argument of SET, SETEX or GETEX names; it must be positive.
  func expiry(_ argument: [UInt8], in unit: ExpiryUnit) throws(CommandError) -> Int64 {
    let value = try argument.integer()
    guard value > 0, let moment = unit.moment(value, now: context.now) else {
      throw .invalidExpireTime(command.name)
    }
    return moment
  }
}
