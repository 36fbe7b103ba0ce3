import ArgumentParser
import Evaluation
import Foundation
import Messages
import Messages
import Reporting
import Stages
import ToolOptions
import Workbench

struct Fetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fetch benchmarks and judges' questions into the cache and check them. Without a name, list them.",
    discussion: """
      Benchmarks and judges' questions have their own licenses, so their text is not in this project. Files are \
      checked by SHA-256, or by their number of requests if no hash is known.

      EXAMPLE
        swift run ablate fetch
        swift run ablate fetch advbench xstest
        swift run ablate fetch all --from ~/benchmarks    (all benchmarks)
        swift run ablate fetch attacks                    (all published attacks)
        swift run ablate fetch wildguard                  (a judge's question)
      """)

  @Argument(help: "Catalog names; \"all\" for all benchmarks, \"attacks\" for all published attacks.")
  var names: [String] = []

  @Option(name: .long, help: "Use the files in this folder instead of downloading them.")
  var from: String?

  func run() async throws {
    try await reporting {
      let folder = Workspace.benchmarks
      guard !names.isEmpty else { return try printLine(Self.catalog(in: folder)) }
      let benchmarks = try names.flatMap { name in
        switch name {
        case "all": BenchmarkCatalog.all
        case "attacks": BenchmarkCatalog.attacks
        default: [try PublishedQuestion.named(name)?.source ?? BenchmarkCatalog.benchmark(named: name)]
        }
      }
      var failures = 0
      for benchmark in benchmarks {
        do {
          let found =
            if let from {
              try folder.install(benchmark, from: URL(fileURLWithPath: from))
            } else {
              try await folder.install(downloading: benchmark)
            }
          try printLine(
            "\(benchmark.name): \(folder.url(of: benchmark).path) (\(benchmark.license))"
              + (found.isVerified ? "" : "; not verified: the catalog knows no hash, this one is \(found.sha256)"))
        } catch {
          // Of several, those that can be had are fetched.
          guard benchmarks.count > 1 else { throw error }
          failures += 1
          StandardStreams.tell("ablate: \(error)\n")
        }
      }
      if failures > 0 { throw ExitStatus.missingInput.exit }
    }
  }

  private static func catalog(in folder: BenchmarkFolder) -> String {
    let all = BenchmarkCatalog.all + BenchmarkCatalog.attacks, missing = Set(folder.missing(of: all).map(\.name))
    var table = MarkdownTable([
      .init("name"), .init("benchmark"), .init("requests", .right), .init("license"), .init("here"),
    ])
    for benchmark in all {
      let parts = benchmark.parts.map { "\($0.size) \($0.kind.rawValue)" }.joined(separator: ", ")
      table.append([
        benchmark.name, benchmark.title, parts, benchmark.license,
        missing.contains(benchmark.name) ? "no" : benchmark.sha256 == nil ? "yes, not verified" : "yes",
      ])
    }
    let questions = PublishedQuestion.all.map(\.source)
    let absent = Set(folder.missing(of: questions).map(\.name))
    var others = MarkdownTable([.init("name"), .init("judge's question"), .init("license"), .init("here")])
    for question in questions {
      others.append([question.name, question.title, question.license, absent.contains(question.name) ? "no" : "yes"])
    }
    return table.markdown + "\n" + others.markdown
  }
}
