/// Why a program could not be started.
public struct StartError: Error, CustomStringConvertible {
  public let description: String
}
