// swift-tools-version: 6.2
import PackageDescription

/// One set of language settings for every target.
let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// `swift run` and `swift test` build for debugging. Targets that compute are optimized there too (measured: 30 times
/// slower without it); the others are not, since `-O` takes three times as long to compile.
let hotSettings = swiftSettings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// No contraction: a product and a sum are fused exactly where the source says so, on every processor.
let cSettings: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=off"])]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
/// The server's HTTP, and a real server for the tests of what talks to one.
let httpServer: [Target.Dependency] = [
  .product(name: "FlyingFox", package: "FlyingFox"), .product(name: "FlyingSocks", package: "FlyingFox"),
]
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

func wing(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [], isHot: Bool = false
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: isHot ? hotSettings : swiftSettings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies + [argumentParser], swiftSettings: swiftSettings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], data: [String] = [], isHot: Bool = false
) -> Target {
  // Tests read their data files where they lie, beside the source.
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, exclude: data,
    swiftSettings: isHot ? hotSettings : swiftSettings)
}

let package = Package(
  name: "antipode",
  products: [
    .executable(name: "tune", targets: ["tune"]),
    .executable(name: "decode", targets: ["decode"]),
    .executable(name: "ablate", targets: ["ablate"]),
    .executable(name: "report", targets: ["report"]),
    .executable(name: "serve", targets: ["serve"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // Floor 0: C.
    .target(name: "CKernels", cSettings: cSettings),
    .target(name: "CSHA256", cSettings: cSettings),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    // Floor 0 too: what every wing may say, hash and draw.
    wing("JSON", isHot: true),
    wing("Fingerprints", ["CSHA256"], isHot: true),
    wing("Messages"),
    wing("Randomness", isHot: true),
    // Floor 1: plain parts.
    wing("Compute", ["CKernels", "COpenBLAS", "Messages"], isHot: true),
    wing("ModelFiles", ["JSON", "Fingerprints", "Messages"], isHot: true),
    wing("Stages", ["JSON", "Fingerprints"], isHot: true),
    wing("Jinja", isHot: true),
    wing("Statistics", ["Randomness"], isHot: true),
    // Floor 2: the manifest and its plan, the store, and the tokenizers, which read their descriptions from model
    // files.
    wing("Experiments", ["Stages", "JSON", "Fingerprints", "Messages"], isHot: true),
    wing("Records", ["ModelFiles", "Stages", "JSON", "Fingerprints", "Messages", sqlite], isHot: true),
    wing("Tokenization", ["ModelFiles", "Jinja", "JSON", "Messages"], isHot: true),
    // Floor 3: a plan's stages as tasks for workers on many hosts, and what is written for Slurm; no disk.
    wing("Sweeps", ["Stages", "JSON", "Fingerprints", "Messages"]),
    // Floor 3: the model.
    wing("LanguageModel", ["Compute", "ModelFiles", "Messages", "Randomness"], isHot: true),
    // Floor 3 too: what stages ask of a model, whatever runs it.
    wing("EngineContract", ["Stages", "Tokenization", "ModelFiles", "Compute"], isHot: true),
    // Floor 4: four sisters.
    wing("OppositePrompts", ["EngineContract", "LanguageModel", "Stages", "Compute", "Randomness"], isHot: true),
    wing("Decoding", ["EngineContract", "LanguageModel", "Stages", "Compute", "Randomness"], isHot: true),
    wing(
      "Evaluation", ["Stages", "Statistics", "ModelFiles", "JSON", "Fingerprints", "Messages", "Randomness"],
      resources: [.embedInCode("benchmarks.json"), .embedInCode("attacks.json")], isHot: true),
    wing(
      "Pages", ["Experiments", "Records", "Stages", "JSON", "Fingerprints", "Messages"],
      resources: [.embedInCode("Files")]),
    // Floor 5: our own engine, and the code of the stages, which never sees a manifest.
    wing(
      "NativeEngine",
      [
        "EngineContract", "OppositePrompts", "Decoding", "LanguageModel", "Stages", "Tokenization", "ModelFiles",
        "Compute", "JSON", "Fingerprints", "Messages",
      ], isHot: true),
    // Floor 5 too: PyTorch with transformers in a process of its own.
    .target(
      name: "TransformersEngine",
      dependencies: [
        "EngineContract", "OppositePrompts", "Decoding", "LanguageModel", "Stages", "Tokenization", "ModelFiles",
        "Compute", "JSON", "Messages",
      ], exclude: ["Worker"], swiftSettings: swiftSettings),
    wing(
      "Pipeline",
      [
        "EngineContract", "OppositePrompts", "Evaluation", "Records", "Stages", "Statistics", "Tokenization",
        "ModelFiles", "Compute", "JSON", "Fingerprints", "Messages", "Randomness",
      ], isHot: true),
    // Floor 6: what the tools drive.
    wing(
      "Workbench",
      [
        "Pipeline", "NativeEngine", "TransformersEngine", "EngineContract", "Evaluation", "Records", "Experiments",
        "Stages", "Sweeps", "Tokenization", "ModelFiles", "Compute", "JSON", "Fingerprints", "Messages",
      ]),
    wing(
      "Serving",
      [
        "Pipeline", "NativeEngine", "EngineContract", "Decoding", "Evaluation", "Experiments", "Stages",
        "Tokenization", "Compute", "JSON", "Messages",
      ] + httpServer),
    wing("Reporting", ["Pages", "Records", "Experiments", "Stages", "Statistics", "JSON", "Fingerprints", "Messages"]),
    // Floor 7: the tools, and the options that they share.
    wing("ToolOptions", ["Records", "Stages", "JSON", "Messages", argumentParser]),
    tool("tune", ["ToolOptions", "Workbench", "Messages"]),
    tool("decode", ["ToolOptions", "Workbench", "EngineContract", "Experiments", "Stages", "JSON", "Messages"]),
    tool(
      "ablate",
      [
        "ToolOptions", "Workbench", "Reporting", "Pages", "Evaluation", "Records", "Experiments", "Stages", "Sweeps",
        "Fingerprints", "Messages",
      ]),
    tool(
      "serve",
      [
        "ToolOptions", "Workbench", "Serving", "Pages", "Reporting", "Decoding", "Records", "Stages",
        "Messages",
      ]),
    tool("report", ["ToolOptions", "Reporting", "Records", "Fingerprints", "Messages"]),
    // Tests, one target for each.
    .target(
      name: "TestSupport", dependencies: ["LanguageModel", "Compute", "ModelFiles", "Randomness"],
      path: "Tests/TestSupport",
      swiftSettings: hotSettings),
    .target(
      name: "TestServer", dependencies: httpServer, path: "Tests/TestServer", swiftSettings: swiftSettings),
    .executableTarget(
      name: "judge-server", dependencies: ["TestServer"] + httpServer, path: "Tests/JudgeServer",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "pages-server",
      dependencies: ["TestServer", "Pages", "Reporting", "Records", "Fingerprints"] + httpServer,
      path: "Tests/PagesServer", swiftSettings: swiftSettings),
    .executableTarget(
      name: "manifest-reference", dependencies: ["Experiments", "JSON"], path: "Tests/ManifestReference",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Stages", "LanguageModel", "Tokenization", "Jinja", "ModelFiles", "Compute", "Experiments", "Records",
        "Evaluation", "Serving", "Fingerprints", "JSON", "Randomness",
      ], path: "Tests/Fuzz",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "bench",
      dependencies: [
        "EngineContract", "Stages", "OppositePrompts", "Decoding", "LanguageModel", "Tokenization", "ModelFiles",
        "Compute", "COpenBLAS", "Randomness", argumentParser,
      ], path: "Tests/Benchmarks/Bench",
      swiftSettings: swiftSettings),
    tests("JSON", ["JSON"]),
    tests("Fingerprints", ["Fingerprints", "CSHA256"]),
    tests("Stages", ["Stages", "Fingerprints", "JSON"]),
    tests("Randomness", ["Randomness"]),
    tests("Compute", ["Compute", "CKernels", "COpenBLAS", "ModelFiles", "Randomness", "TestSupport"], isHot: true),
    tests("ModelFiles", ["ModelFiles", "Fingerprints", "Messages"], data: ["Fixtures"]),
    tests("Jinja", ["Jinja"], data: ["Fixtures"]),
    tests("Sweeps", ["Sweeps", "Stages", "Fingerprints", "JSON"]),
    tests("Tokenization", ["Tokenization", "Jinja", "ModelFiles"], data: ["Fixtures"]),
    tests("Experiments", ["Stages", "Experiments", "Fingerprints", "JSON"]),
    tests("Records", ["Stages", "Records", "Experiments", "Fingerprints", "JSON", sqlite]),
    tests(
      "LanguageModel", ["LanguageModel", "Compute", "ModelFiles", "Randomness", "TestSupport"], data: ["Fixtures"],
      isHot: true),
    tests(
      "OppositePrompts",
      [
        "EngineContract", "Stages", "OppositePrompts", "LanguageModel", "Compute", "ModelFiles", "Randomness",
        "TestSupport",
      ],
      data: ["Fixtures"], isHot: true),
    tests(
      "Decoding", ["EngineContract", "Decoding", "LanguageModel", "Stages", "Compute", "Randomness", "TestSupport"],
      isHot: true),
    tests("Evaluation", ["Stages", "Evaluation", "JSON", "Statistics", "TestServer", "Fingerprints"] + httpServer),
    tests(
      "Serving",
      [
        "Serving", "Pipeline", "NativeEngine", "EngineContract", "Decoding", "Evaluation", "Experiments",
        "Stages", "Tokenization", "Compute", "JSON", "TestSupport",
      ]),
    tests("Statistics", ["Statistics", "Randomness"], data: ["Fixtures"], isHot: true),
    tests(
      "Reporting", ["Stages", "Reporting", "Records", "Experiments", "Fingerprints", "JSON", "TestSupport"],
      data: ["Snapshots"]),
    tests("Pages", ["Pages", "Records", "Experiments", "Stages", "Fingerprints", "JSON"]),
    tests(
      "NativeEngine",
      ["NativeEngine", "EngineContract", "LanguageModel", "Stages", "Tokenization", "Compute", "TestSupport"],
      isHot: true),
    tests(
      "TransformersEngine",
      [
        "TransformersEngine", "NativeEngine", "EngineContract", "OppositePrompts", "Decoding", "LanguageModel",
        "Stages", "Tokenization", "ModelFiles", "Compute", "JSON", "Randomness", "TestSupport",
      ]),
    tests(
      "Pipeline",
      [
        "Pipeline", "NativeEngine", "EngineContract", "OppositePrompts", "Evaluation", "Records", "Stages",
        "Tokenization", "Compute", "Fingerprints", "TestSupport",
      ]),
    tests(
      "Workbench",
      ["Workbench", "Pipeline", "Reporting", "Evaluation", "ModelFiles", "Compute", "Records", "Messages"]),
    tests(
      "Tool",
      [
        "ablate", "decode", "report", "tune", "serve", "judge-server", "Stages", "Compute", "Experiments",
        "Fingerprints", "JSON", "ModelFiles", "TestSupport",
      ],
      data: ["Snapshots"]),
  ]
)
