import Replication

/// What an evaluation has done to the members of one key.
struct ChangedMembers {
  /// What the key holds now; its `memberCount` is kept up to date.
  var value: StoredValue
  /// Whether the members that the view has are gone.
  var hidesView: Bool
  /// The members that were changed: their values, or nil for one that is gone.
  var changes: MemberChanges<[UInt8]?>

  /// No member is changed yet.
  init(value: StoredValue, hidesView: Bool) {
    self.value = value
    self.hidesView = hidesView
    changes = MemberChanges(of: value.type)
  }
}
