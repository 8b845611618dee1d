import Commands
import NIOCore
import RESP
import Replication

extension FuzzTarget {
  /// What a client sends: the decoder, whole and in pieces, and each command against a keyspace in memory.
  static let requests = FuzzTarget(
    name: "requests", summary: "a client's requests: decoder, inline commands, evaluation",
    corpus: { RequestTarget.corpus.map { [7] + Array($0.utf8) } }, run: RequestTarget.run)

  /// What a server answers: the client's decoder, whole and in pieces.
  static let replies = FuzzTarget(
    name: "replies", summary: "a server's replies, as a client reads them",
    corpus: { ReplyTarget.corpus.map { [5] + Array($0.utf8) } }, run: ReplyTarget.run)
}

private enum RequestTarget {
  static let limits = RESPLimits(
    maxArguments: 4_096, maxBulkBytes: 64 << 10, maxTotalBytes: 256 << 10, maxLineBytes: 4 << 10)

  static func run(_ input: [UInt8]) throws {
    var source = ByteSource(input)
    let step = Int(source.byte()) + 1
    let stream = source.rest()
    let whole = decode(stream, step: stream.count + 1)
    let pieces = decode(stream, step: step)
    try expect(
      whole.values == pieces.values && whole.error == pieces.error,
      "pieces of \(step) bytes gave \(pieces.values.count) requests and \(pieces.error ?? "no error"), "
        + "the whole \(whole.values.count) and \(whole.error ?? "no error")")
    var tried = TriedKeyspace()
    for request in whole.values { try evaluate(request, &tried) }
  }

  static func decode(_ stream: [UInt8], step: Int) -> (values: [[[UInt8]]], error: String?) {
    var decoder = RESPRequestDecoder(limits: limits)
    return values(of: stream, step: step) { try decoder.next(from: &$0) }
  }

  /// The keyspace takes what a command does, so that the next one meets it.
  static func evaluate(_ request: [[UInt8]], _ tried: inout TriedKeyspace) throws {
    guard case .command(let command) = CommandTable.standard.resolve(request) else { return }
    _ = command.keys(in: request)
    guard command.kind != .session else { return }
    let outcome = try command.evaluate(
      request, view: tried.keyspace,
      context: CommandContext(
        now: TriedKeyspace.now, limits: CommandLimits(maxKeyBytes: 1_024, maxValueBytes: 64 << 10)))
    for mutation in outcome.mutations {
      try expect(mutation.key.count <= 1_024, "a key of \(mutation.key.count) bytes was let in")
      try expect(mutation.value.count <= 64 << 10, "a value of \(mutation.value.count) bytes was let in")
    }
    if outcome.reply.isError {
      try expect(
        !outcome.mutations.contains { $0.operation == .put }, "a command that failed wrote: \(outcome.reply)")
    }
    tried.apply(outcome.mutations)
  }

  static let corpus = [
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    "SET k 10 PX 1500 NX GET\r\nINCRBY k 9223372036854775807\r\nGETEX k EXAT 1\r\n",
    "SETRANGE k 60000 x\r\nGETRANGE k -5 -1\r\nAPPEND k yy\r\nSTRLEN k\r\n",
    "MSET a 1 b 2 c 3\r\nMGET a b c d\r\nDEL a b\r\nEXISTS a b c\r\nUNLINK c\r\n",
    "SCAN 0 MATCH k* COUNT 10\r\nKEYS *[a-c]?\\*\r\nTYPE n\r\nRANDOMKEY\r\nDBSIZE\r\n",
    "EXPIRE n 100 NX\r\nPEXPIREAT n 1700000001000 GT\r\nTTL n\r\nPTTL n\r\nPERSIST n\r\nEXPIRETIME n\r\n",
    "SET \"a\\x41\\n\" 'it''s'\r\nset  k\t\"\"\r\n\r\n", "INCRBYFLOAT n 1.5e300\r\nDECRBY n 5\r\nINCR n\r\n",
    "KV.GET n\r\nKV.SET n 1 VERSION 3\r\nREAD n\r\nWRITE n x\r\nKV.CONSISTENCY stale GET n\r\n",
    "SETEX n 5 v\r\nPSETEX n 1 v\r\nSETNX n v\r\nGETSET n v\r\nGETDEL n\r\nMSETNX a 1 b 2\r\nRENAME a b\r\n",
    "*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n", "$5\r\nhello\r\n", "*1\r\n$-1\r\n", "POST / HTTP/1.1\r\nHost: x\r\n",
    "OBJECT ENCODING n\r\nCOMMAND INFO get\r\nCONFIG GET *\r\nCLIENT SETNAME x\r\nCLUSTER INFO\r\n",
  ]
}

/// What a decoder makes of a stream that comes in pieces of `step` bytes, up to its first error.
private func values<Value>(
  of stream: [UInt8], step: Int, next: (inout ByteBuffer) throws -> Value?
) -> (values: [Value], error: String?) {
  var buffer = ByteBuffer()
  var values: [Value] = []
  for start in Swift.stride(from: 0, to: stream.count, by: step) {
    buffer.writeBytes(stream[start..<min(start + step, stream.count)])
    do {
      while let value = try next(&buffer) { values.append(value) }
    } catch {
      return (values, "\(error)")
    }
    buffer.discardReadBytes()
  }
  return (values, nil)
}

private enum ReplyTarget {
  static func run(_ input: [UInt8]) throws {
    var source = ByteSource(input)
    let step = Int(source.byte()) + 1
    let stream = source.rest()
    let whole = decode(stream, step: stream.count + 1)
    let pieces = decode(stream, step: step)
    // Not equal to itself, and right all the same.
    guard !"\(whole.values)".contains("nan") else { return }
    try expect(
      whole.values == pieces.values && whole.error == pieces.error,
      "pieces of \(step) bytes gave \(pieces.values), \(pieces.error ?? "no error"), the whole \(whole.values), "
        + "\(whole.error ?? "no error")")
  }

  static func decode(_ stream: [UInt8], step: Int) -> (values: [RESPValue], error: String?) {
    var decoder = RESPValueDecoder(
      limits: RESPLimits(
        maxArguments: 4_096, maxBulkBytes: 64 << 10, maxTotalBytes: 256 << 10, maxLineBytes: 4 << 10))
    return values(of: stream, step: step) { try decoder.next(from: &$0) }
  }

  static let corpus = [
    "+OK\r\n-ERR no\r\n:12\r\n$5\r\nhello\r\n$-1\r\n*-1\r\n", "*2\r\n*1\r\n:1\r\n%1\r\n+a\r\n~1\r\n#t\r\n",
    "_\r\n,1.5e3\r\n,inf\r\n(12345678901234567890\r\n#f\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n",
    "|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n>2\r\n+message\r\n*0\r\n%0\r\n", "*3\r\n$0\r\n\r\n|0\r\n:1\r\n_\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "=3\r\nabc\r\n", ":9223372036854775808\r\n",
  ]
}
