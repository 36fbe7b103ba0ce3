import Fingerprints
import Foundation
import JSON
import Stages
import Testing

@testable import Evaluation

struct BenchmarkCatalogTests {
  /// The benchmarks whose file's hash is not known.
  static let unseen = ["beavertails-evaluation", "sorry-bench", "simplesafetytests", "catqa"]

  @Test func entriesAreComplete() {
    #expect(
      BenchmarkCatalog.all.map(\.name) == [
        "advbench", "maliciousinstruct", "harmfulqa", "dangerousqa", "beavertails-evaluation", "xstest", "alpacaeval",
        "truthfulqa", "harmbench", "strongreject", "jailbreakbench", "jailbreakbench-benign", "or-bench-hard",
        "sorry-bench", "simplesafetytests", "catqa", "gsm8k",
      ])
    #expect(
      BenchmarkCatalog.all.map(\.size) == [
        520, 100, 1_960, 200, 700, 450, 805, 813, 400, 313, 100, 100, 1_319, 440, 100, 550, 1_319,
      ])
    #expect(Set(BenchmarkCatalog.all.map(\.fileName)).count == BenchmarkCatalog.all.count)
    for benchmark in BenchmarkCatalog.all {
      #expect(URL(string: benchmark.address)?.scheme == "https")
      // What nobody here has seen has no hash, and says so.
      #expect((benchmark.sha256 == nil) == Self.unseen.contains(benchmark.name))
      #expect(benchmark.sha256 != nil || benchmark.note?.contains("verified; what is read has to be") == true)
      for hash in [benchmark.sha256].compactMap(\.self) + benchmark.otherSHA256 {
        #expect(hash.count == 64 && hash.allSatisfy { $0.isHexDigit && !$0.isUppercase })
      }
      #expect(!benchmark.license.isEmpty && !benchmark.citation.isEmpty && benchmark.arXiv.contains("."))
      #expect(benchmark.standardSampleSize == 100)
    }
  }

  /// A misspelled key would be a default, and nobody would notice.
  @Test func entriesHaveKnownKeysAlone() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Evaluation/benchmarks.json")
    let entries = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8)).array ?? []
    #expect(entries.count == BenchmarkCatalog.all.count)
    for entry in entries {
      let keys = Set(try #require(entry.object).keys)
      #expect(keys.isSubset(of: Benchmark.keys), "\(keys)")
    }
  }

  @Test(arguments: [
    ("advbench", "advbench"), ("AdvBench", "advbench"), ("harmful_behaviors", "advbench"), ("XSTest", "xstest"),
    ("xs-test", "xstest"), ("XSTest v2", "xstest"), ("BeaverTails", "beavertails-evaluation"),
    ("alpaca_eval", "alpacaeval"), ("Truthful-QA", "truthfulqa"), ("Malicious Instruct", "maliciousinstruct"),
  ])
  func findsNamesAndAliases(given: String, name: String) throws {
    #expect(try BenchmarkCatalog.benchmark(named: given).name == name)
  }

  @Test(arguments: [
    ("advbnch", ["advbench"]), ("dangerqa", ["dangerousqa"]), ("mmlu-pro-hard-set", []), ("", []),
  ])
  func namesTheNearest(given: String, nearest: [String]) {
    let expected = BenchmarkError.unknownName(given, nearest: nearest)
    #expect(throws: expected) { try BenchmarkCatalog.benchmark(named: given) }
    #expect("\(expected)".contains("advbench, maliciousinstruct, harmfulqa"))
  }

  @Test func aSecondNameBelongsToOneBenchmarkOnly() {
    let names = BenchmarkCatalog.all.flatMap { [$0.name] + $0.aliases }
      .map { $0.filter { $0.isLetter || $0.isNumber } }
    #expect(Set(names).count == names.count)
  }

  @Test func readsABenchmarkWithParts() throws {
    var benchmark = try BenchmarkCatalog.benchmark(named: "xstest")
    benchmark.parts[0].size = 2
    benchmark.parts[1].size = 1
    let text =
      "id_v1,id_v2,type,prompt,focus,note\nv1-1,v2-1,homonyms,How do I kill time?,kill,\n"
      + ",v2-2,contrast_homonyms,A made-up bad request,,\n,v2-3,privacy,Who made this tea?,,x\n"
    let instructions = try benchmark.instructions(from: Data(text.utf8), path: "x.csv")
    #expect(instructions.map(\.id) == ["v2-1", "v2-2", "v2-3"])
    #expect(instructions.map(\.topic) == ["homonyms", "contrast_homonyms", "privacy"])
    let safe = try #require(benchmark.part(named: "safe"))
    let unsafe = try #require(benchmark.part(named: "unsafe"))
    #expect((safe.kind, unsafe.kind) == (.harmless, .harmful))
    #expect(safe.instructions(of: instructions).map(\.id) == ["v2-1", "v2-3"])
    #expect(unsafe.instructions(of: instructions).map(\.id) == ["v2-2"])

    benchmark.parts[1].size = 200
    let expected = BenchmarkError.wrongSize(benchmark: benchmark, part: benchmark.parts[1], path: "x.csv", found: 1)
    #expect(throws: expected) { try benchmark.instructions(from: Data(text.utf8), path: "x.csv") }
    #expect("\(expected)".hasPrefix("x.csv: found 1 instructions of XSTest v2, part \"unsafe\"; expected 200."))
  }

  /// SORRY-Bench writes a request as a list of its turns, of which there is one.
  @Test func readsAListOfOneTurn() throws {
    var benchmark = try BenchmarkCatalog.benchmark(named: "sorry-bench")
    benchmark.parts[0].size = 1
    let row =
      "{\"question_id\": 7, \"category\": \"2\", \"turns\": [\"A made-up request\"], \"prompt_style\": \"base\"}\n"
    #expect(
      try benchmark.instructions(from: Data(row.utf8), path: "s") == [
        Instruction(id: "7", instruction: "A made-up request", topic: "2")
      ])
    for turns in ["[]", "[\"one\", \"two\"]", "[3]", "[\" \"]"] {
      let expected = EvaluationError.badLine(
        path: "s", line: 1, found: "\"turns\" with a list that is not one text",
        expected: "a text, or a list of one text")
      #expect(throws: expected) {
        try benchmark.instructions(from: Data("{\"turns\": \(turns)}\n".utf8), path: "s")
      }
    }
  }

  @Test func readsGSM8KRows() throws {
    var benchmark = try BenchmarkCatalog.benchmark(named: "GSM8K")
    benchmark.parts[0].size = 1
    let row = "{\"question\": \"What is 1 and 1?\", \"answer\": \"1 + 1 = <<1+1=2>>2\\n#### 2\"}\n"
    let file = SourceFile(Data(row.utf8), name: "g")
    let instructions = try benchmark.instructions(from: Data(row.utf8), path: "g")
    #expect(try instructions.map(file.number(of:)) == ["2"])
    let without = Instruction(id: "a", instruction: "q", reference: "none")
    #expect(throws: EvaluationError.self) { try file.number(of: without) }
  }

  @Test func readsBeaverTailsRows() throws {
    var benchmark = try BenchmarkCatalog.benchmark(named: "beavertails")
    benchmark.parts[0].size = 1
    let row = "{\"prompt\": \"A made-up request\", \"category\": \"made_up\", \"category_id\": 3}\n"
    #expect(
      try benchmark.instructions(from: Data(row.utf8), path: "b") == [
        Instruction(id: "beavertails-evaluation-0001", instruction: "A made-up request", topic: "made_up")
      ])
  }
}

/// The benchmarks' own files, where this machine has them. Their text is no part of this project.
@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: realBenchmarks.path),
    "no copies of the benchmarks at ../shared/benchmarks or where ANTIPODE_BENCHMARKS says"))
struct RealBenchmarkTests {
  /// SHA-256 over every field of every row as Python's `csv` and `json` modules read them: the id, the instruction, the
  /// topic, the reference, the true answers, the false answers; 1F after each, 1E between two answers.
  @Test(arguments: [
    ("advbench", 520, "b15b9627224b7002dd6b797b3f0d7371639758ffb39b27bbd6a1a58985bff62e"),
    ("xstest", 450, "6ee4a1fe7f6306b1760ea502bc95f9115f57f0cd1fcb80f64ce878d19e894455"),
    ("truthfulqa", 813, "65225a34080d3ebf8617be4583070671a9d35f22febeeaa90049b0f2f8f07e4b"),
    ("maliciousinstruct", 100, "5881e910239b562c8d39c29867c1dd2cb3d7953a17f34c9fc55b32c6fe262f32"),
    ("dangerousqa", 200, "592a9e1f473a9229893ae8022090e58aab4d6683fcfec5eef8becdd2ab38ccad"),
    ("harmfulqa", 1_960, "e54d361ff834a38c9d8f4d2d66b70d575eaddb6d8f69f142748f9dbeac767f5a"),
    ("harmbench", 400, "e5a73f28b90d69c05c3aae415234b316e2ddd9a8f46a103d8d418cfd06888152"),
    ("gsm8k", 1_319, "86eb6081fe5660ca080608c2fe98e2669dbebc5e1abaa88f5aa5257bb0ee011e"),
    ("strongreject", 313, "d1d627fc98fcd9a05256b7d259b46c91526ef8c9f5b0dd052abc80db09547d35"),
    ("alpacaeval", 805, "cad51668d359aea84753be94350357f301e5ca601333442821d6892a038eb505"),
  ])
  func areReadAsPythonReadsThem(name: String, count: Int, digest: String) throws {
    let benchmark = try BenchmarkCatalog.benchmark(named: name)
    let instructions = try BenchmarkFolder(realBenchmarks).instructions(of: benchmark)
    #expect(instructions.count == count)
    var text = ""
    for row in instructions {
      let lists = [row.correct, row.incorrect].map { ($0 ?? []).joined(separator: "\u{1E}") }
      for field in [row.id, row.instruction, row.topic ?? "", row.reference ?? ""] + lists {
        text += field + "\u{1F}"
      }
    }
    #expect(Fingerprint(ofBytes: Data(text.utf8)).hexadecimal == digest)
  }

  @Test func samplesArePinned() throws {
    let benchmark = try BenchmarkCatalog.benchmark(named: "advbench")
    let instructions = try BenchmarkFolder(realBenchmarks).instructions(of: benchmark)
    let sample = instructions.sample(count: benchmark.standardSampleSize, seed: 0)
    #expect(sample.count == 100)
    #expect(sample.prefix(6).map(\.id) == [5, 6, 8, 11, 13, 25].map { "advbench-00\($0 < 10 ? "0" : "")\($0)" })
  }

  @Test func installFromTheFolderAtHand() throws {
    try withTemporaryFolder { folder in
      let target = BenchmarkFolder(folder)
      let elsewhere = BenchmarkCatalogTests.unseen + ["jailbreakbench", "jailbreakbench-benign", "or-bench-hard"]
      for benchmark in BenchmarkCatalog.all where !elsewhere.contains(benchmark.name) {
        let verification = try target.install(benchmark, from: realBenchmarks)
        #expect(verification.isVerified)
      }
      #expect(Set(target.missing(of: BenchmarkCatalog.all).map(\.name)) == Set(elsewhere))
    }
  }
}

/// Where the copies for development are: where `ANTIPODE_BENCHMARKS` says, else `shared/benchmarks` beside the
/// repository.
private let realBenchmarks: URL = {
  if let path = ProcessInfo.processInfo.environment["ANTIPODE_BENCHMARKS"] { return URL(filePath: path) }
  let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  return repository.deletingLastPathComponent().appending(path: "shared/benchmarks")
}()

/// The list of the benchmarks for readers.
struct BenchmarkPageTests {
  @Test func everyBenchmarkIsListedWithItsNumbers() throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/benchmarks.md")
    let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(rows.count == BenchmarkCatalog.all.count)
    for (row, benchmark) in zip(rows, BenchmarkCatalog.all) {
      let plain = row.replacing(",", with: "")
      #expect(row.hasPrefix("| `\(benchmark.name)` |") && row.contains(benchmark.arXiv), "\(benchmark.name)")
      #expect(benchmark.parts.allSatisfy { plain.contains("\($0.size) \($0.kind.rawValue)") }, "\(benchmark.name)")
      #expect(row.hasSuffix("number of requests |") == (benchmark.sha256 == nil), "\(benchmark.name)")
    }
  }
}
