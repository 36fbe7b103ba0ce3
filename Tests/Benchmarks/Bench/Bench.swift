import ArgumentParser
package import Compute
import Foundation

/// The Swift side of `make bench` and `make bench-peers`.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the engine: alone, beside others, and how it grows.",
    subcommands: [Worker.self, Compose.self, Measure.self, Growth.self])
}

/// Answers requests until the input ends.
struct Worker: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer requests, a line of JSON each, as in Works.", discussion: "bench works MODEL composes some.")

  @Argument(help: "The path of a GGUF file.") var model: String
  @Option(help: "How many threads to use.") var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "float32, bfloat16 or int8.") var precision = Precision.float32
  @OptionGroup var kernels: KernelOption

  func run() throws {
    var contender = try Contender(model: model, threads: threads, kernels: kernels.set(), precision: precision)
    let encoder = JSONEncoder()
    while let line = readLine() {
      let request = try JSONDecoder().decode(WorkRequest.self, from: Data(line.utf8))
      let answer = try encoder.encode(contender.answer(request))
      FileHandle.standardOutput.write(answer + Data("\n".utf8))
    }
  }
}

/// Prints the works.
struct Compose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "works", abstract: "Compose the works for a model from the repository's anchors.")

  @Argument(help: "The path of a GGUF file.") var model: String
  @Option(help: "The repository's folder.") var root = "."

  func run() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    FileHandle.standardOutput.write(try encoder.encode(Works(model: model, root: root)) + Data("\n".utf8))
  }
}

/// Which kernels are measured.
struct KernelOption: ParsableArguments {
  @Option(
    help: """
      The instruction set's kernels: avx512-bf16, avx512, avx2 or portable (default: $ANTIPODE_KERNELS, or the fastest \
      that the processor runs). All compute the same bits.
      """) var kernels: String?

  func set() throws -> KernelSet {
    try kernels.map { try KernelSet(named: $0, by: "--kernels") } ?? KernelSet()
  }
}

extension Precision: ExpressibleByArgument {}
