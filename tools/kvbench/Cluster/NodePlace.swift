import Kvorum

/// Where a node lives.
struct NodePlace: Sendable {
  var endpoint: Endpoint
  /// The words before the program's own that put it there.
  var launcher: [String] = []
}
