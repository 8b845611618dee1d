import RESP
import Replication

/// INCR and GET on a few counters.
final class CounterWorkload: Workload {
  let name: String
  private let objects: RotatingObjects<VersionedOperation>

  init(name: String = "increment", hot: Int = 2, limit: Int = 300) {
    self.name = name
    objects = RotatingObjects(name: name, hot: hot, limit: limit)
  }

  var keys: [String] { objects.all.flatMap(\.keys) }

  func step(_ client: any DatabaseClient, _ random: inout SplitMix64, _ tally: Tally) async {
    if random.oneIn(3) {
      let object = objects.draw(&random)
      await ask(read(["GET", object.keys[0]], &random), of: object, .read, client, tally)
    } else {
      await increment(client, &random, tally)
    }
  }

  func increment(_ client: any DatabaseClient, _ random: inout SplitMix64, _ tally: Tally) async {
    let object = objects.draw(&random)
    await ask(["INCR", object.keys[0]], of: object, .update(token: nil), client, tally)
  }

  func conclude(_ values: [String: String], invoked: Int64, returned: Int64) {
    for object in objects.all {
      let version = values[object.keys[0]].map { Int($0) ?? -1 } ?? 0
      _ = object.begin(
        VersionedOperation(kind: .read, invoked: invoked, returned: returned, version: version))
    }
  }

  func check() -> [Finding] {
    parallel(objects.all) { VersionOrderChecker.finding(on: $0.keys[0], $0.operations) }
  }

  private func ask(
    _ words: [String], of object: ObjectHistory<VersionedOperation>, _ kind: VersionedOperation.Kind,
    _ client: any DatabaseClient, _ tally: Tally
  ) async {
    await run(
      words, isWrite: kind != .read, on: object, VersionedOperation(kind: kind, invoked: Moment.now()),
      client,
      tally
    ) { value, operation in
      operation.returned = Moment.now()
      operation.version = value.isNull ? 0 : value.integer.map(Int.init) ?? value.text.flatMap { Int($0) }
      return operation.version != nil
    }
  }
}
