import RESP

extension RESPValue {
  /// The status that an answer to `KV.STATUS` holds; nil if it holds none.
  var clusterStatus: ClusterStatus? { bytes.flatMap { try? ClusterStatus(json: $0) } }
}
