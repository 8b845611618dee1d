/// One operation on an object whose every update raises its version by one: a counter, or a list that only grows.
struct VersionedOperation: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case read
    /// `token` is what a list gets; nil for a counter.
    case update(token: Int?)
  }

  var kind: Kind
  var invoked: Int64
  /// Has no meaning while `version` is nil.
  var returned: Int64 = .max
  /// The version that an update made or a read saw; nil if the client does not know.
  var version: Int?
  /// What a read of a list saw.
  var tokens: [Int]?
}

/// Decides whether a history of a versioned object is linearizable, without a search.
///
/// The versions give the order: an update stands before the reads that saw its version, and those before the
/// next update. Together with real time (Herlihy, Wing 1990) that order has a cycle exactly if some operation
/// had returned before one of a lower place was invoked. Increments of unknown outcome may fill the versions that
/// nobody else made, each only if it was invoked before anyone returned who saw that version or a later one.
enum VersionOrderChecker {
  /// What is wrong with a history that ends with a read of the final state; nil if nothing is.
  static func finding(on name: String, _ history: [VersionedOperation]) -> Finding? {
    fault(history).map { Finding(text: "\(name): \($0)") }
  }

  private static func fault(_ history: [VersionedOperation]) -> String? {
    var operations = history
    if let fault = placeTokens(&operations) { return fault }
    let known = operations.filter { $0.version != nil }
    let unknown = operations.filter { $0.version == nil && $0.kind != .read }
    guard !known.contains(where: { $0.version! < 0 }) else {
      return "its value at the end is none of its own"
    }
    let final = known.map { $0.version! }.max() ?? 0

    var makers: [Int: VersionedOperation] = [:]
    for update in known where update.kind != .read {
      if let other = makers.updateValue(update, forKey: update.version!) {
        return "version \(update.version!) was made twice, by \(other) and \(update)"
      }
    }
    if let final = history.last(where: { $0.kind == .read && $0.returned != .max }), let last = final.version,
      let lost = known.first(where: { $0.version! > last && $0.returned < final.invoked })
    {
      return "it ended at version \(last), but \(lost) was acknowledged before: it is lost"
    }
    return orderFault(known) ?? gapFault(known, unknown, makers, final)
  }

  /// Gives every append that can be seen at the end its version, and checks all reads against that order.
  private static func placeTokens(_ operations: inout [VersionedOperation]) -> String? {
    guard let longest = operations.compactMap(\.tokens).max(by: { $0.count < $1.count }) else { return nil }
    guard Set(longest).count == longest.count else { return "a token stands in it twice: \(longest)" }
    for operation in operations {
      if let tokens = operation.tokens, !longest.starts(with: tokens) {
        return "a read saw \(tokens), which is no beginning of \(longest)"
      }
    }
    let versions = Dictionary(uniqueKeysWithValues: longest.enumerated().map { ($1, $0 + 1) })
    var sent: Set<Int> = []
    var kept: [VersionedOperation] = []
    for var operation in operations {
      guard case .update(let token?) = operation.kind else {
        kept.append(operation)
        continue
      }
      sent.insert(token)
      let place = versions[token]
      if let version = operation.version, place != version {
        return "token \(token) was acknowledged as number \(version) and "
          + (place.map { "is number \($0)" } ?? "is lost")
      }
      // An append of unknown outcome that nobody ever saw did not happen.
      guard place != nil else { continue }
      operation.version = place
      kept.append(operation)
    }
    if let strange = longest.first(where: { !sent.contains($0) }) { return "token \(strange) was never sent" }
    operations = kept
    return nil
  }

  private static func orderFault(_ known: [VersionedOperation]) -> String? {
    func place(_ operation: VersionedOperation) -> Int {
      2 * operation.version! + (operation.kind == .read ? 1 : 0)
    }
    let ordered = known.sorted { place($0) < place($1) }
    var latestBefore: VersionedOperation?
    var latest: VersionedOperation?
    var current = -1
    for operation in ordered {
      if place(operation) != current {
        current = place(operation)
        latestBefore = latest
      }
      if let earlier = latestBefore, operation.returned < earlier.invoked {
        return "\(operation) had returned before \(earlier) was asked for, which comes before it"
      }
      if latest.map({ $0.invoked < operation.invoked }) ?? true { latest = operation }
    }
    return nil
  }

  private static func gapFault(
    _ known: [VersionedOperation], _ unknown: [VersionedOperation], _ makers: [Int: VersionedOperation],
    _ final: Int
  ) -> String? {
    guard final > 0 else { return nil }
    let missing = (1...final).filter { makers[$0] == nil }
    guard missing.count <= unknown.count else {
      return
        "\(final) updates are seen, but only \(makers.count) were acknowledged and \(unknown.count) in doubt"
    }
    // The earliest return of anyone who saw this version or a later one.
    var earliest = [Int64](repeating: .max, count: final + 2)
    for operation in known {
      earliest[operation.version!] = min(earliest[operation.version!], operation.returned)
    }
    for version in stride(from: final - 1, through: 0, by: -1) {
      earliest[version] = min(earliest[version], earliest[version + 1])
    }
    for (version, update) in zip(missing, unknown.sorted { $0.invoked < $1.invoked })
    where update.invoked > earliest[version] {
      return "version \(version) was seen before any update was sent that could have made it"
    }
    return nil
  }
}
