import Foundation
import Stages
import Testing

@testable import Evaluation

/// Files as gzip and xz write them, made by these programs.
@Suite(
  .enabled(
    if: ["/usr/bin/gzip", "/usr/bin/xz"].allSatisfy(FileManager.default.isExecutableFile(atPath:)),
    "no gzip and xz on this machine"))
struct CompressedFileTests {
  /// The text, compressed.
  private func packed(_ text: String, by program: String) throws -> Data {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "text"), ending = program == "xz" ? "xz" : "gz"
      try Data(text.utf8).write(to: file)
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/\(program)")
      process.arguments = [file.path]
      try process.run()
      process.waitUntilExit()
      return try Data(contentsOf: folder.appending(path: "text.\(ending)"))
    }
  }

  @Test(arguments: ["gzip", "xz"]) func isExpanded(program: String) throws {
    let text = String(repeating: "Name a fruit.\n", count: 1000), bytes = try packed(text, by: program)
    #expect(bytes.count < 400)
    #expect(try CompressedFile.expanded(bytes, path: "p") == Data(text.utf8))
    let cut = Data(bytes.prefix(bytes.count / 2))
    do {
      _ = try CompressedFile.expanded(cut, path: "p")
      Issue.record("a file that is cut was read")
    } catch let error as CompressionError {
      #expect("\(error)".hasPrefix("p: \(program) could not expand it (") && !"\(error)".contains("/tmp"))
    }
    let missing = CompressionError.noProgram(path: "p", program: program)
    #expect(throws: missing) { try CompressedFile.expanded(bytes, path: "p", environment: ["PATH": "/nowhere"]) }
    #expect("\(missing)".contains("apt-get install \(program == "xz" ? "xz-utils" : "gzip")"))
  }

  @Test func otherFilesStayAsTheyAre() throws {
    for text in ["", "plain", "\u{1F}"] {
      #expect(try CompressedFile.expanded(Data(text.utf8), path: "p") == Data(text.utf8))
    }
  }

  /// By the name here or at the address, and kept as what it holds.
  @Test(arguments: [("toy.txt.gz", "gzip"), ("toy.txt.xz", "xz"), ("there.txt", "xz"), ("there.txt.xz", "xz")])
  func isTakenFromAFolder(name: String, program: String) throws {
    try withTemporaryFolder { folder in
      let source = folder.appending(path: "source"), target = BenchmarkFolder(folder.appending(path: "target"))
      try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
      try packed(toyText, by: program).write(to: source.appending(path: name))
      let benchmark = toyBenchmark(address: "https://example.org/data/there.txt")
      #expect(try target.install(benchmark, from: source).isVerified)
      #expect(try Data(contentsOf: target.url(of: benchmark)) == Data(toyText.utf8))
      var unseen = benchmark
      unseen.sha256 = nil
      #expect(try !target.install(unseen, from: source).isVerified)
      #expect(try target.instructions(of: unseen).count == 3)
    }
  }
}
