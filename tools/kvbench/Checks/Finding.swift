/// What a check has found wrong, or could not decide.
struct Finding: Hashable, Sendable {
  var text: String
  /// Whether a promise is certainly broken; if not, the check gave up.
  var isViolation = true
}
