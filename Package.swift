// swift-tools-version: 6.2
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
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let serviceLifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")

let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
  name: "kvorum",
  products: [
    .library(name: "Kvorum", targets: ["Kvorum"]),
    .executable(name: "kvorum", targets: ["KvorumCLI"]),
    .executable(name: "kvsim", targets: ["kvsim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
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
      resources: [.embedInCode("log.sql"), .embedInCode("replica.sql")], swiftSettings: strict),
    .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict),
    .target(name: "Replication", dependencies: [deque], swiftSettings: mutable),
    .target(
      name: "Storage", dependencies: ["SQLite", "Schema", "Replication"], swiftSettings: mutable),
    .target(
      name: "SimulatedFiles", dependencies: ["CSQLite", "Storage", "Replication"], swiftSettings: strict),
    .target(name: "Commands", dependencies: ["Replication"], swiftSettings: strict),
    .target(name: "RESP", dependencies: [nioCore], swiftSettings: strict),
    .target(
      name: "Transport", dependencies: ["Replication", nioCore, protobuf], swiftSettings: strict),
    .target(
      name: "Simulation", dependencies: ["Replication", "Storage", "SimulatedFiles", deque],
      swiftSettings: strict),
    .target(
      name: "Kvorum", dependencies: ["RESP", nioCore, nioPosix, deque], swiftSettings: strict),
    .target(
      name: "Node",
      dependencies: [
        "Replication", "Storage", "Commands", "RESP", "Transport", "Kvorum", nioCore, nioPosix,
        deque, logging,
      ], swiftSettings: strict),
    .executableTarget(
      name: "KvorumCLI",
      dependencies: [
        "Node", "Kvorum", "RESP", "Commands", "Storage", "Replication", "CLibEdit", nioCore, nioPosix,
        logging, argumentParser, serviceLifecycle, unixSignals,
      ], swiftSettings: strict),
    .executableTarget(
      name: "kvsim", dependencies: ["Simulation", argumentParser], path: "tools/kvsim",
      swiftSettings: strict),

    .testTarget(name: "SQLiteTests", dependencies: ["SQLite"], swiftSettings: strict),
    .testTarget(
      name: "ReplicationTests", dependencies: ["Replication"], exclude: ["Scenarios"],
      swiftSettings: strict),
    .testTarget(
      name: "StorageTests", dependencies: ["Storage", "SQLite", "Replication", "SimulatedFiles"],
      swiftSettings: mutable),
    .testTarget(
      name: "CommandsTests", dependencies: ["Commands", "Replication"], swiftSettings: strict),
    .testTarget(
      name: "RESPTests", dependencies: ["RESP", nioCore, nioEmbedded], swiftSettings: strict),
    .testTarget(
      name: "TransportTests", dependencies: ["Transport", "Replication", nioCore, nioEmbedded, protobuf],
      swiftSettings: strict),
    .testTarget(
      name: "KvorumTests",
      dependencies: ["Kvorum", "KvorumCLI", "RESP", nioCore, nioPosix], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests", dependencies: ["Simulation", "Replication", "kvsim", argumentParser],
      swiftSettings: strict),
    .testTarget(
      name: "IntegrationTests", dependencies: ["Kvorum", "SQLite", "KvorumCLI"],
      swiftSettings: strict),
  ]
)
