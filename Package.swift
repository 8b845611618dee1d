// swift-tools-version: 6.2
import Foundation
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// For the rooms in which a deliberate fault can be planted: see `Mutant`. No release build has them.
let mutable = strict + [.define("MUTANTS", .when(configuration: .debug))]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let serviceLifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")

let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
  name: "kvorum",
  products: [
    .library(name: "Kvorum", targets: ["Kvorum"]),
    .executable(name: "kvorum", targets: ["KvorumCLI"]),
    .executable(name: "kvsim", targets: ["kvsim"]),
    .executable(name: "kvbench", targets: ["kvbench"]),
    .executable(name: "kvlog", targets: ["kvlog"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
  ],
  targets: [
    // The rooms of the house, lowest first; Sources/README.md explains them.
    .systemLibrary(
      name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(
      name: "CLibEdit", path: "Sources/CLibEdit", pkgConfig: "libedit",
      providers: [.apt(["libedit-dev"])]),
    .target(
      name: "Schema", path: "schema", exclude: ["README.md", "peer.proto", "peer.md"],
      resources: ["log", "log-2", "log-3", "replica", "replica-2", "replica-3"].map {
        .embedInCode("\($0).sql")
      },
      swiftSettings: strict),
    .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict),
    .target(name: "Replication", dependencies: [deque], swiftSettings: mutable),
    .target(
      name: "Storage", dependencies: ["SQLite", "Schema", "Replication"], swiftSettings: mutable),
    .target(
      name: "SimulatedFiles", dependencies: ["CSQLite", "Storage", "Replication"], swiftSettings: strict),
    .target(name: "Commands", dependencies: ["Replication", deque], swiftSettings: mutable),
    .target(name: "Access", dependencies: ["Commands", crypto], swiftSettings: strict),
    .target(name: "TLS", dependencies: [nioCore, nioSSL, asn1], swiftSettings: strict),
    .target(name: "Serving", dependencies: ["Replication", "Commands", deque, heap], swiftSettings: mutable),
    .target(name: "RESP", dependencies: [nioCore], swiftSettings: strict),
    .target(
      name: "Transport", dependencies: ["Replication", nioCore, protobuf, crypto], swiftSettings: strict),
    .target(
      name: "Simulation",
      dependencies: ["Serving", "Commands", "Replication", "Storage", "SimulatedFiles", deque],
      swiftSettings: mutable),
    .target(
      name: "Kvorum", dependencies: ["RESP", "TLS", nioCore, nioPosix, deque], swiftSettings: strict),
    .target(
      name: "Node",
      dependencies: [
        "Replication", "Storage", "Commands", "Access", "Serving", "RESP", "TLS", "Transport", "Kvorum",
        nioCore, nioPosix, deque, logging,
      ], swiftSettings: mutable),
    .executableTarget(
      name: "KvorumCLI",
      dependencies: [
        "Node", "Kvorum", "RESP", "TLS", "Transport", "Commands", "Storage", "Replication", "CLibEdit",
        nioCore,
        nioPosix, logging, argumentParser, serviceLifecycle, unixSignals, crypto, asn1,
      ], swiftSettings: strict),
    .executableTarget(
      name: "kvsim", dependencies: ["Simulation", "Replication", argumentParser], path: "tools/kvsim",
      swiftSettings: mutable),
    .target(name: "Processes", path: "tools/processes", swiftSettings: strict),
    .executableTarget(
      name: "kvbench",
      dependencies: [
        "Processes", "Kvorum", "RESP", "Simulation", "Commands", "Storage", "SQLite", "Replication", nioCore,
        argumentParser,
      ],
      path: "tools/kvbench", swiftSettings: strict),

    .executableTarget(
      name: "kvlog",
      dependencies: ["Storage", "SQLite", "Commands", "RESP", "Replication", nioCore, argumentParser],
      path: "tools/kvlog", swiftSettings: strict),

    .testTarget(name: "SQLiteTests", dependencies: ["SQLite"], swiftSettings: strict),
    .testTarget(
      name: "ReplicationTests", dependencies: ["Replication"], exclude: ["Scenarios"],
      swiftSettings: mutable),
    .testTarget(
      name: "StorageTests", dependencies: ["Storage", "SQLite", "Commands", "Replication", "SimulatedFiles"],
      exclude: ["Fixtures"], swiftSettings: mutable),
    .testTarget(
      name: "CommandsTests", dependencies: ["Commands", "Replication"], swiftSettings: mutable),
    .testTarget(name: "AccessTests", dependencies: ["Access", "Commands"], swiftSettings: strict),
    .testTarget(
      name: "ServingTests",
      dependencies: [
        "Serving", "Commands", "Replication", "RedisCases", "Node", "RESP", nioCore, nioEmbedded,
      ],
      swiftSettings: mutable),
    .target(
      name: "RedisCases", dependencies: ["RESP"], path: "Tests/RedisCases",
      exclude: ["Scripts", "record.py"],
      swiftSettings: strict),
    .testTarget(
      name: "RESPTests", dependencies: ["RESP", nioCore, nioEmbedded], swiftSettings: strict),
    .testTarget(
      name: "TransportTests", dependencies: ["Transport", "Replication", nioCore, nioEmbedded, protobuf],
      swiftSettings: strict),
    .testTarget(
      name: "KvorumTests",
      dependencies: ["Kvorum", "KvorumCLI", "Commands", "RESP", nioCore, nioPosix], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["Simulation", "Commands", "Replication", "kvsim", argumentParser],
      swiftSettings: mutable),
    .target(
      name: "FuzzTargets",
      dependencies: ["RESP", "Commands", "Transport", "Replication", "Storage", nioCore],
      path: "Tests/Fuzz/Targets", swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests/Fuzz", exclude: ["Targets", "Crashes"],
      sources: ["Tests"], swiftSettings: strict),
    .testTarget(
      name: "KVBenchTests",
      dependencies: [
        "kvbench", "Processes", "KvorumCLI", "Simulation", "Storage", "SQLite", "Replication", "RESP",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "KVLogTests",
      dependencies: ["kvlog", "Processes", "Storage", "SQLite", "Commands", "Replication"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "RedisCases", "Kvorum", "Node", "Replication", "TLS", "Transport", "SQLite", "KvorumCLI", "kvlog",
        "Processes", nioCore, logging,
      ],
      swiftSettings: strict),
  ]
)

// Only tools/fuzz builds this: the coverage that guides it needs another compilation of everything.
if ProcessInfo.processInfo.environment["KVORUM_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "kvfuzz", dependencies: ["FuzzTargets"], path: "tools/kvfuzz", swiftSettings: strict))
}
