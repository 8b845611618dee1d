/// One operation as a client saw it.
public struct ClientOperation<Model: SequentialModel>: Hashable, Sendable {
  /// Who asked; only for people.
  public var client: Int
  /// What was asked for.
  public var input: Model.Input
  /// When it was asked, on any clock common to all clients.
  public var invoked: Int64
  /// When the answer was there, on the same clock; has no meaning if the outcome is unknown.
  public var returned: Int64
  /// What was answered; nil if the outcome is unknown: it may have been done, may still be done, or may never be.
  public var output: Model.Output?

  /// An operation that was answered.
  ///
  /// - Precondition: it was not answered before it was asked.
  public init(
    client: Int = 0, _ input: Model.Input, invoked: Int64, returned: Int64, output: Model.Output
  ) {
    precondition(invoked <= returned, "an answer at \(returned) to a question of \(invoked)")
    self.client = client
    self.input = input
    self.invoked = invoked
    self.returned = returned
    self.output = output
  }

  /// An operation that timed out, was answered INDOUBT, or whose socket was closed.
  ///
  /// One that certainly never happened does not belong in the history at all.
  public init(client: Int = 0, _ input: Model.Input, invoked: Int64) {
    self.client = client
    self.input = input
    self.invoked = invoked
    returned = .max
    output = nil
  }

  /// Whether the client never learned the outcome.
  public var isUnknown: Bool { output == nil }
}
