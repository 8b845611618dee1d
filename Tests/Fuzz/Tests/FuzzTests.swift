import Foundation
import FuzzTargets
import Testing

/// The share of the fuzzing that every run of the tests does, and each crash that was ever found.
@Suite struct FuzzTests {
  private static let crashes = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Crashes")

  /// A fixture is named TARGET-WHAT-IT-SHOWED.
  private static let fixtures: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: crashes.path)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }()

  @Test(arguments: fixtures)
  func anInputThatOnceCrashedDoesNoHarm(_ name: String) throws {
    let target = try #require(FuzzTarget.named(String(name.prefix { $0 != "-" })))
    let input = [UInt8](try Data(contentsOf: Self.crashes.appending(path: name)))
    try target.run(input)
  }

  @Test(arguments: FuzzTarget.all.map(\.name))
  func someThousandMutatedInputsDoNoHarm(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let corpus = try target.corpus()
    for input in corpus { try target.run(input) }
    var mutator = Mutator(seed: 1)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(2)
    var count = 0
    while count < 20_000, clock.now < end {
      let input = mutator.input(from: corpus)
      do { try target.run(input) } catch {
        Issue.record("\(name): \(error); the input is \(Data(input).base64EncodedString())")
        return
      }
      count += 1
    }
    #expect(count >= 50)
  }
}
