import Kvorum
import Testing

@Suite struct EndpointTests {
  @Test(arguments: ["127.0.0.1:12345", "localhost:1", "[::1]:65535"])
  func anAddressReadsAsItIsWritten(text: String) throws {
    #expect(try Endpoint(text).description == text)
  }

  @Test(arguments: ["", "localhost", ":1", "a:0", "a:65536", "a:b", "::1:80", "a b:1", "/tmp/x:1", "[]:1"])
  func whatIsNoAddressIsRefusedByName(text: String) {
    #expect {
      try Endpoint(text)
    } throws: { "\($0)".contains("\"\(text)\"") }
  }

  @Test func aListMayHaveBlanksAndNamesEachAddressOnce() throws {
    #expect(
      try Endpoint.list(" a:1, b:2 ,a:1") == [Endpoint(host: "a", port: 1), Endpoint(host: "b", port: 2)])
  }
}
