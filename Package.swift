// swift-tools-version: 6.2
import PackageDescription

/// One set of language settings for every target. `swift run` and `swift test` build for debugging; `-O` there keeps the
/// commands of the README as fast as typed (measured: 30 times slower without it).
let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-O"], .when(configuration: .debug)),
]

/// No contraction: a product and a sum are fused exactly where the source says so, on every processor.
let cSettings: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=off"])]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
/// A real server for the tests of what talks to one.
let httpServer: [Target.Dependency] = [
  .product(name: "FlyingFox", package: "FlyingFox"), .product(name: "FlyingSocks", package: "FlyingFox"),
]
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

func wing(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies + [argumentParser], swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], data: [String] = []) -> Target {
  // Tests read their data files where they lie, beside the source.
  .testTarget(name: "\(name)Tests", dependencies: dependencies, exclude: data, swiftSettings: swiftSettings)
}

let package = Package(
  name: "antipode",
  products: [
    .executable(name: "tune", targets: ["tune"]),
    .executable(name: "decode", targets: ["decode"]),
    .executable(name: "ablate", targets: ["ablate"]),
    .executable(name: "report", targets: ["report"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // Floor 0: C.
    .target(name: "CKernels", cSettings: cSettings),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    // Floor 1: plain parts.
    wing("Compute", ["CKernels", "COpenBLAS"]),
    wing("ModelFiles", [crypto]),
    wing("Experiments", [crypto]),
    wing("Statistics"),
    // Floor 2: the tokenizers, which read their descriptions from model files, and the store.
    wing("Tokenization", ["ModelFiles"]),
    wing("Records", ["Experiments", crypto, sqlite]),
    // Floor 3: the model.
    wing("LanguageModel", ["Compute", "ModelFiles"]),
    // Floor 4: three sisters.
    wing("OppositePrompts", ["LanguageModel", "Tokenization", "Compute"]),
    wing("Decoding", ["LanguageModel", "Tokenization", "Compute"]),
    wing("Evaluation", ["Statistics", crypto]),
    // Floor 5: what the tools drive.
    wing(
      "Workbench",
      [
        "OppositePrompts", "Decoding", "Evaluation", "LanguageModel", "Tokenization", "ModelFiles", "Compute",
        "Records", "Experiments", "Statistics",
      ]),
    wing("Reporting", ["Records", "Experiments", "Statistics"]),
    // Floor 6: the tools.
    tool("tune", ["Workbench", "Records", "Experiments"]),
    tool("decode", ["Workbench", "Decoding", "Records", "Experiments"]),
    tool("ablate", ["Workbench", "Reporting", "Evaluation", "Records", "Experiments"]),
    tool("report", ["Reporting", "Records", "Experiments"]),
    // Tests, as the wings stand.
    .target(
      name: "TestSupport", dependencies: ["LanguageModel", "Compute", "ModelFiles"], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    .target(
      name: "TestServer", dependencies: httpServer, path: "Tests/TestServer", swiftSettings: swiftSettings),
    .executableTarget(
      name: "judge-server", dependencies: ["TestServer"] + httpServer, path: "Tests/JudgeServer",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "LanguageModel", "Tokenization", "ModelFiles", "Compute", "Experiments", "Records", "Evaluation",
      ], path: "Tests/Fuzz",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "bench",
      dependencies: [
        "OppositePrompts", "Decoding", "LanguageModel", "Tokenization", "ModelFiles", "Compute", "COpenBLAS",
        argumentParser,
      ], path: "Tests/Benchmarks/Bench",
      swiftSettings: swiftSettings),
    tests("Compute", ["Compute", "CKernels", "COpenBLAS", "ModelFiles", "TestSupport"]),
    tests("ModelFiles", ["ModelFiles"], data: ["Fixtures"]),
    tests("Tokenization", ["Tokenization", "ModelFiles"], data: ["Fixtures"]),
    tests("Experiments", ["Experiments"]),
    tests("Records", ["Records", "Experiments", sqlite]),
    tests("LanguageModel", ["LanguageModel", "Compute", "ModelFiles", "TestSupport"], data: ["Fixtures"]),
    tests(
      "OppositePrompts", ["OppositePrompts", "LanguageModel", "Compute", "ModelFiles", "TestSupport"],
      data: ["Fixtures"]),
    tests("Decoding", ["Decoding", "LanguageModel", "Compute", "TestSupport"]),
    tests("Evaluation", ["Evaluation", "Statistics", "TestServer", crypto] + httpServer),
    tests("Statistics", ["Statistics"], data: ["Fixtures"]),
    tests("Reporting", ["Reporting", "Records", "Experiments", "TestSupport"], data: ["Snapshots"]),
    tests(
      "Workbench",
      [
        "Workbench", "OppositePrompts", "Decoding", "Evaluation", "LanguageModel", "Tokenization", "ModelFiles",
        "Compute", "Records", "Experiments", "TestSupport",
      ]),
    tests(
      "Tool",
      ["ablate", "decode", "report", "tune", "judge-server", "Compute", "Experiments", "TestSupport"],
      data: ["Snapshots"]),
  ]
)
