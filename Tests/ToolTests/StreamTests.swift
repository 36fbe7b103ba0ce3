import Foundation
import TestSupport
import Testing

/// Standard streams that are full, closed, or no files: what can't be told must not be lost in silence.
@Suite(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct StreamTests {
  /// Runs a shell's command line, in which `TOOLS/` is the folder of the tools.
  private func shell(_ line: String, in folder: URL) throws -> (status: Int32, output: String) {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", line.replacing("TOOLS/", with: Tool.products.path + "/")]
    process.currentDirectoryURL = folder
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test(arguments: [
    "TOOLS/decode - --maximum-tokens 2 --quiet < lines.jsonl", "TOOLS/decode 'Say one.' --maximum-tokens 2 --quiet",
    "TOOLS/decode 'Say one.' --maximum-tokens 2 --quiet --trace", "TOOLS/decode --list-methods",
    "TOOLS/ablate list --store empty", "TOOLS/ablate list --json --store empty", "TOOLS/ablate fetch",
    "TOOLS/ablate --help", "TOOLS/report --version", "TOOLS/tune --help",
  ]) func aFullDiskIsNoSuccess(line: String) throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data((#"{"instruction": "Say one."}"# + "\n").utf8).write(to: folder.appending(path: "lines.jsonl"))
    for place in ["> /dev/full", ">&-"] {
      let outcome = try shell("\(line) \(place)", in: folder)
      #expect(outcome.status == 73, "\(outcome.output)")
      #expect(outcome.output.split(separator: "\n").count == 1, "\(outcome.output)")
      #expect(outcome.output.contains("standard output can't be written ("), "\(outcome.output)")
    }
  }

  /// Nothing that is opened later may get the number of a closed stream, and be written into.
  @Test(arguments: ["2>&-", "2> /dev/full", "<&- 2>&-"]) func progressThatCanNotBeToldStopsNothing(place: String) throws
  {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: ["decoding": ["method": "base", "maximumTokens": 2], "sweep": ["seed": [1]], "baselines": []])
    let outcome = try shell("TOOLS/ablate \(manifest) --store store \(place)", in: folder)
    #expect(outcome.status == 0 && outcome.output.contains("experiment "), "\(outcome.output)")
    #expect(try shell("TOOLS/ablate verify --store store", in: folder).status == 0)
  }

  @Test(arguments: [("<&-", "Bad file descriptor"), ("< .", "Is a directory")])
  func anInputThatCanNotBeReadIsOneSentence(place: String, reason: String) throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try shell("TOOLS/decode - \(place)", in: folder)
    #expect(outcome.status == 66 && outcome.output.contains("standard input can't be read (\(reason))"))
    #expect(outcome.output.split(separator: "\n").count == 1, "\(outcome.output)")
  }

  /// Errors are no progress.
  @Test func aQuietRunTellsWhatFailed() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        "anchors": ["size": 5, "maximumTokens": 4, "refusalSource": "sampled"],
        "sweep": ["decoding.method": ["sp"]], "baselines": [],
      ])
    let outcome = try Tool.ablate.run([manifest, "--quiet"], store: folder.appending(path: "store"))
    #expect(outcome.status == 3 && outcome.messages.hasPrefix("failed: safeguarding prompt: "), "\(outcome.messages)")
  }

  @Test func tooFewAnchorsAreToldBeforeAnythingRuns() throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(in: folder, changes: ["sweep": ["anchors.size": [5, 100_000]]])
    let outcome = try Tool.ablate.run([manifest, "--dry-run"], store: folder.appending(path: "store"))
    #expect(outcome.status == 65, "\(outcome.messages)")
    #expect(outcome.messages.contains("240 instructions") && outcome.messages.contains("anchors.size"))
  }

  /// All data is read before the first stage, and in a dry run.
  @Test(arguments: [
    ("a,b\n1,2\n", "set.csv", "likelihood", "line 1"),
    ("{\"id\": \"a\", \"instruction\": \"b\"}\n\n", "set.jsonl", "answers", "line 2"),
    ("{\"id\": \"a\", \"instruction\": \"b\"}\n", "set.jsonl", "likelihood", "no reference answer"),
    (
      "{\"id\": \"a\", \"instruction\": \"b\", \"reference\": \"c\"}\n", "set.jsonl", "choices",
      "no true and false answers"
    ),
  ]) func badDataIsToldBeforeAnythingRuns(text: String, name: String, measure: String, found: String) throws {
    let folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: ["evaluation": ["sets": [["name": "s", "kind": "harmless", "file": name, "measure": measure]]]])
    for arguments in [[manifest, "--dry-run"], [manifest]] {
      let outcome = try Tool.ablate.run(arguments, store: folder.appending(path: "store"))
      #expect(outcome.status == 65 && outcome.messages.contains(found), "\(outcome.messages)")
      #expect(outcome.messages.contains(name) && !outcome.messages.contains("[1/"))
    }
  }
}
