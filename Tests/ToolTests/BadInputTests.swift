import Foundation
import TestSupport
import Testing

/// What is refused at the door: one message on standard error that names the place, and the design's exit status.
@Suite(.serialized) struct BadInputTests {
  /// One run that must fail.
  private func expect(
    _ status: Int32, _ parts: [String], _ tool: Tool, _ arguments: [String], store: URL? = nil, input: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let empty = try SmallExperiment.folder().appendingPathComponent("store")
    let outcome = try tool.run(arguments, store: store ?? empty, input: input)
    #expect(outcome.status == status, "\(outcome.messages)", sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    for part in parts {
      #expect(outcome.messages.contains(part), "\(part) in: \(outcome.messages)", sourceLocation: sourceLocation)
    }
  }

  private func manifest(_ text: String) throws -> String {
    let file = try SmallExperiment.folder().appendingPathComponent("bad.json")
    try Data(text.utf8).write(to: file)
    return file.path
  }

  @Test(arguments: [
    (#"{"name": "x", "tunning": {}}"#, "tunning"),
    (#"{"name": "x", "tuning": {"steps": "many"}}"#, "tuning.steps"),
    (#"{"name": "x", "decoding": {"alpha": -1}}"#, "decoding.alpha"),
    (#"{"name": "x", "decoding": {"alpha": 1e999}}"#, "found 1e999, expected a number"),
    (#"{"name": "x", "sweep": {"decoding.alpha": []}}"#, "sweep.decoding.alpha"),
    (#"{"name": "x", "sweep": {"decoding.alpha": [0, "0.5"]}}"#, "sweep.decoding.alpha[1]"),
    (#"{"name": "x", "#, "bad.json"),
    ("", "bad.json"),
  ]) func aManifestIsReadStrictly(text: String, place: String) throws {
    for tool in [Tool.ablate, .tune] { try expect(65, ["bad.json", place], tool, [try manifest(text)]) }
  }

  @Test func whatIsMissingIsNamed() throws {
    try expect(66, ["experiments/none.json"], .ablate, ["experiments/none.json"])
    try expect(66, ["none.gguf"], .decode, ["Hello", "--method", "base", "--model", "/tmp/none.gguf"])
    try expect(
      66, ["none-of-ours", "smollm2-135m"], .decode, ["Hello", "--method", "base", "--model", "none-of-ours"])
    try expect(
      66, ["nowhere.jsonl"], .ablate, [try manifest(#"{"name": "x", "anchors": {"harmful": "nowhere.jsonl"}}"#)])
    try expect(
      66, ["none.gguf"], .ablate, [try manifest(#"{"name": "x", "model": "/tmp/none.gguf"}"#)])
  }

  @Test func hashesMustMatchOneThing() throws {
    for arguments in [["show", "abcdef"], ["rerun", "abcdef"]] { try expect(66, ["abcdef"], .ablate, arguments) }
    try expect(66, ["abcdef"], .report, ["abcdef"])
    try expect(64, ["xyz"], .ablate, ["show", "xyz"])
    try expect(64, ["xyz"], .report, ["xyz"])
    // Two experiments that begin alike.
    let store = try SmallExperiment.folder().appendingPathComponent("store")
    for end in ["0", "1"] {
      let folder = store.appendingPathComponent("experiments/ab/\(String(repeating: "c", count: 61))\(end)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: folder.appendingPathComponent("record.json"))
    }
    try expect(66, ["abcc"], .ablate, ["show", "abcc"], store: store)
  }

  @Test func optionsAreChecked() throws {
    for alpha in ["nan", "inf", "-1", "much"] {
      try expect(64, ["alpha"], .decode, ["Hello", "--alpha=\(alpha)"])
    }
    try expect(64, ["--method"], .decode, ["Hello", "--method", "magic"])
    try expect(64, ["--threads"], .ablate, ["x.json", "--threads", "0"])
    try expect(64, ["--temperature"], .decode, ["Hello", "--temperature", "-0.5"])
    try expect(64, ["--unknown"], .tune, ["x.json", "--unknown"])
  }

  @Test func jsonLinesAreRefusedByLine() throws {
    let good = #"{"instruction": "Hello"}"#
    for (input, place) in [
      ("", "line 1"), (good + "\n{\"instruction\": 7}\n", "line 2"), (good + "\n\n" + good + "\n", "line 2"),
      (good + "\nnonsense", "line 2"),
    ] {
      try expect(65, ["standard input", place], .decode, ["-", "--method", "base"], input: input)
    }
    let folder = try SmallExperiment.folder()
    for (name, text, place) in [("empty", "", "empty.jsonl"), ("broken", good + "\n{\n", "line 1")] {
      let file = folder.appendingPathComponent("\(name).jsonl")
      try Data(text.utf8).write(to: file)
      let outcome = try Tool.ablate.run(
        [try manifest(#"{"name": "x", "anchors": {"harmful": "\#(file.path)"}}"#)],
        store: folder.appendingPathComponent("store"))
      // Data is read by the stage that needs it: the cells fail, or the manifest's materials do.
      #expect([3, 65].contains(outcome.status) && outcome.messages.contains(place), "\(outcome.messages)")
    }
  }

  @Test func aStoreThatCannotBeWrittenIsSaid() throws {
    let folder = try SmallExperiment.folder(), file = folder.appendingPathComponent("file")
    try Data("not a folder".utf8).write(to: file)
    let manifest = try SmallExperiment.write(in: folder)
    try expect(73, [file.path], .ablate, [manifest], store: file.appendingPathComponent("store"))
  }

  /// The tiny model of the engine's tests, broken in every part of the file.
  @Test func aModelThatDoesNotFitIsRefusedWithTheFigure() throws {
    let outcome = try Tool.decode.run(["Hello"], environment: ["ANTIPODE_MEMORY": "50000000"])
    #expect(outcome.status == 71)
    #expect(outcome.messages.contains("needs about 98.4 MB of memory, and 50.0 MB are free"), "\(outcome.messages)")
  }

  @Test func kernelsThatAreNotThereAreRefused() throws {
    let outcome = try Tool.decode.run(["Hello"], environment: ["ANTIPODE_KERNELS": "fastest"])
    #expect(outcome.status == 64)
    #expect(
      outcome.messages.contains("ANTIPODE_KERNELS: found \"fastest\", expected one of avx512-bf16, avx512, avx2-vnni"),
      "\(outcome.messages)")
  }

  @Test func brokenModelFilesAreRefused() throws {
    let bytes = try Data(contentsOf: URL(filePath: Fixtures.languageModel.path("tiny-llama-q4_1.gguf")))
    let folder = try SmallExperiment.folder()
    var versions: [(String, Data)] = [("empty", Data()), ("text", Data("This is not a model.\n".utf8))]
    for share in [0.001, 0.01, 0.3, 0.9] {
      versions.append(("cut-\(share)", bytes.prefix(Int(Double(bytes.count) * share))))
    }
    var magic = bytes
    magic[0] = 0
    versions.append(("magic", magic))
    // The count of tensors, and that of the metadata's keys.
    for offset in [8, 16] {
      var counts = bytes
      for byte in 0..<8 { counts[offset + byte] = 0xff }
      versions.append(("counts-\(offset)", counts))
    }
    for (name, data) in versions {
      let file = folder.appendingPathComponent("\(name).gguf")
      try data.write(to: file)
      try expect(65, ["\(name).gguf"], .decode, ["Hello", "--method", "base", "--model", file.path])
    }
  }

  @Test func pathsAreFoundWithoutRegardToCase() throws {
    try #require(RealModel.isAvailable)
    let outcome = try Tool.ablate.run(
      ["experiments/alpha.json", "--dry-run"], store: try SmallExperiment.folder().appendingPathComponent("store"))
    #expect(outcome.status == 0 && outcome.output.contains("safeguarding prompt"), "\(outcome.messages)")
  }
}
