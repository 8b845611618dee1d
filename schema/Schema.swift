/// The stored formats. The SQL files beside this one are their only definition; README.md explains them.
public enum Schema {
  /// Makes the tables of log.db.
  public static var log: String { String(decoding: PackageResources.log_sql, as: UTF8.self) }
  /// Makes the tables of replica.db.
  public static var replica: String { String(decoding: PackageResources.replica_sql, as: UTF8.self) }
  /// Brings a log.db of format version 1 to version 2.
  public static var logFrom1To2: String { String(decoding: PackageResources.log_2_sql, as: UTF8.self) }
  /// Brings a replica.db of format version 1 to version 2.
  public static var replicaFrom1To2: String {
    String(decoding: PackageResources.replica_2_sql, as: UTF8.self)
  }
  /// Brings a log.db of format version 2 to version 3.
  public static var logFrom2To3: String { String(decoding: PackageResources.log_3_sql, as: UTF8.self) }
  /// Brings a replica.db of format version 2 to version 3.
  public static var replicaFrom2To3: String {
    String(decoding: PackageResources.replica_3_sql, as: UTF8.self)
  }

  /// The `user_version` of a log.db of this release.
  public static let logVersion: Int64 = 3
  /// The `user_version` of a replica.db of this release.
  public static let replicaVersion: Int64 = 3

  /// The `application_id` of a log.db: 'KVlg'.
  public static let logApplication: Int64 = 0x4B56_6C67
  /// The `application_id` of a replica.db: 'KVrp'.
  public static let replicaApplication: Int64 = 0x4B56_7270
}
