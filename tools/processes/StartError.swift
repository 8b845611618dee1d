/// Why a program could not be started.
public struct StartError: Error, CustomStringConvertible {
  /// The program and the kernel's reason.
  public let description: String
}
