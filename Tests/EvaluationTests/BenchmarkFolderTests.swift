import Fingerprints
import Foundation
import Stages
import Testing

@testable import Evaluation

/// A small benchmark of harmless rows.
let toyText = "Name a fruit.\nName a tree.\nName a bird.\n"

/// The benchmark whose file is ``toyText``.
func toyBenchmark(address: String = "https://example.org/toy.txt", sha256: String? = sha256(toyText)) -> Benchmark {
  Benchmark(
    name: "toy", title: "Toy", address: address, fileName: "toy.txt", sha256: sha256, license: "CC0-1.0",
    citation: "Nobody: Nothing (2026)", arXiv: "0000.00000", format: .lines,
    parts: [BenchmarkPart(kind: .harmless, size: 3)])
}

func sha256(_ text: String) -> String {
  Fingerprint(ofBytes: Data(text.utf8)).hexadecimal
}

/// Runs the body with a folder of its own, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

struct BenchmarkFolderTests {
  private func write(_ text: String, _ name: String, in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: folder.appending(path: name))
  }

  @Test func knowsSHA256() throws {
    // FIPS 180-2, appendix B.1.
    let benchmark = toyBenchmark(sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(try BenchmarkFolder.check(Data("abc".utf8), of: benchmark, place: "p").isVerified)
  }

  @Test func namesAllThatIsMissingAtOnce() throws {
    try withTemporaryFolder { folder in
      let benchmarks = try ["xstest", "advbench"].map(BenchmarkCatalog.benchmark(named:))
      let expected = BenchmarkError.missing(benchmarks, folder: folder.path)
      #expect(throws: expected) { try BenchmarkFolder(folder).data(of: benchmarks) }
      let message = "\(expected)"
      #expect(message.contains("2 benchmarks are missing"))
      #expect(
        message.contains("XSTest v2: xstest_v2_prompts.csv, from https://raw.githubusercontent.com/paul-rottger/"))
      #expect(message.contains("AdvBench: advbench_harmful_behaviors.csv"))
      #expect(message.contains("`swift run ablate fetch xstest advbench --from FOLDER`"))
      #expect(throws: BenchmarkError.missing([benchmarks[0]], folder: folder.path)) {
        try BenchmarkFolder(folder).data(of: benchmarks[0])
      }
    }
  }

  @Test func refusesADamagedFile() throws {
    try withTemporaryFolder { folder in
      try write("Name a fruit.\n", "toy.txt", in: folder)
      let path = folder.appending(path: "toy.txt").path
      let expected = BenchmarkError.wrongHash(
        benchmark: toyBenchmark(), place: path, found: sha256("Name a fruit.\n"))
      #expect(throws: expected) { try BenchmarkFolder(folder).data(of: toyBenchmark()) }
      let message = "\(expected)"
      #expect(message.hasPrefix("\(path): found SHA-256 \(sha256("Name a fruit.\n")); expected \(sha256(toyText)) "))
      #expect(message.contains("`swift run ablate fetch toy`"))
    }
  }

  @Test func takesOtherKnownCopiesAndMarksUnknownOnes() throws {
    var benchmark = toyBenchmark(sha256: sha256("another copy"))
    benchmark.otherSHA256 = [sha256(toyText)]
    let data = Data(toyText.utf8)
    #expect(try BenchmarkFolder.check(data, of: benchmark, place: "p").isVerified)
    let unverified = try BenchmarkFolder.check(data, of: toyBenchmark(sha256: nil), place: "p")
    #expect(unverified == BenchmarkFolder.Verification(sha256: sha256(toyText), isVerified: false))
  }

  @Test func installsByName() throws {
    try withTemporaryFolder { folder in
      let source = folder.appending(path: "source")
      try write(toyText, "toy.txt", in: source)
      let target = BenchmarkFolder(folder.appending(path: "a/b"))
      let verification = try target.install(toyBenchmark(), from: source)
      #expect(verification == BenchmarkFolder.Verification(sha256: sha256(toyText), isVerified: true))
      #expect(try target.instructions(of: toyBenchmark()).map(\.id) == ["toy-0001", "toy-0002", "toy-0003"])
      #expect(try target.data(of: [toyBenchmark()]) == ["toy": Data(toyText.utf8)])
      #expect(try FileManager.default.contentsOfDirectory(atPath: target.folder.path) == ["toy.txt"])
    }
  }

  @Test func installsByHashWhereTheNameIsAnother() throws {
    try withTemporaryFolder { folder in
      let source = folder.appending(path: "source")
      try write("something else", "toy.txt", in: source)
      try FileManager.default.createDirectory(
        at: source.appending(path: "a-folder"), withIntermediateDirectories: false)
      try write(toyText, "blob", in: folder)
      try FileManager.default.createSymbolicLink(
        at: source.appending(path: "linked"), withDestinationURL: folder.appending(path: "blob"))
      let target = BenchmarkFolder(folder.appending(path: "target"))
      #expect(try target.install(toyBenchmark(), from: source).isVerified)
      #expect(try target.data(of: toyBenchmark()) == Data(toyText.utf8))
    }
  }

  @Test func installsNothingWrong() throws {
    try withTemporaryFolder { folder in
      let source = folder.appending(path: "source")
      let target = BenchmarkFolder(folder.appending(path: "target"))
      let unverified = toyBenchmark(sha256: nil)
      #expect(throws: BenchmarkError.self) { try target.install(toyBenchmark(), from: source) }

      try write("x", "other.txt", in: source)
      for benchmark in [toyBenchmark(), unverified] {
        #expect(throws: BenchmarkError.notInFolder(benchmark: benchmark, folder: source.path)) {
          try target.install(benchmark, from: source)
        }
      }
      try write("x", "toy.txt", in: source)
      let place = source.appending(path: "toy.txt").path
      #expect(throws: BenchmarkError.wrongHash(benchmark: toyBenchmark(), place: place, found: sha256("x"))) {
        try target.install(toyBenchmark(), from: source)
      }
      let wrongSize = BenchmarkError.wrongSize(
        benchmark: unverified, part: unverified.parts[0], path: place, found: 1)
      #expect(throws: wrongSize) { try target.install(unverified, from: source) }
      #expect(!FileManager.default.fileExists(atPath: target.folder.path))
    }
  }

  @Test func saysWhatIsInTheWay() throws {
    try withTemporaryFolder { folder in
      try write("a file", "target", in: folder)
      try write(toyText, "toy.txt", in: folder)
      let target = BenchmarkFolder(folder.appending(path: "target"))
      do {
        try target.install(toyBenchmark(), from: folder)
        Issue.record("a folder was made where a file is")
      } catch let error as BenchmarkError {
        #expect("\(error)".hasPrefix(target.url(of: toyBenchmark()).path + ": can't be read or written ("))
      }
    }
  }
}
