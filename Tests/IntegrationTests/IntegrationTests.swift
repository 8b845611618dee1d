import Testing

/// Tests of the built binary as processes. One after the other: each has six or more processes, and time matters in
/// most of them.
@Suite("A cluster of processes", .serialized)
enum IntegrationTests {}
