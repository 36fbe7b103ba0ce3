import ArgumentParser
import Compute
import Foundation

/// Measures every work some times, and beside it what the machine can do.
struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the works and the machine's limits, and print a table.")

  @Argument(help: "The path of a GGUF file.") var model: String
  @Option(help: "The repository's folder.") var root = "."
  @Option(help: "How many threads to use.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(help: "How often each work is done.") var rounds = 5
  @OptionGroup var kernels: KernelOption

  /// A work's times and, from the same round, how much of the machine's limit it used.
  private struct Line {
    var work: String
    var precision: Precision
    var seconds: [Double] = []
    var shares: [Double] = []
    var units = 1.0
  }

  func run() throws {
    let works = try Works(model: model, root: root), kernels = try kernels.set()
    var lines: [Line] = []
    var bandwidths: [Double] = [], products: [Precision: [Double]] = [:]
    for precision in Precision.allCases {
      var contender = try Contender(model: model, threads: threads, kernels: kernels, precision: precision)
      let bytes = Double(try contender.answer(WorkRequest("info")).bytes ?? 0)
      var rows = works.requests.map { Line(work: $0.name, precision: precision) }
      // The first round warms up.
      for round in 0...rounds {
        for (index, work) in works.requests.enumerated() {
          if work.name == "evaluate", round > 2 { continue }
          FileHandle.standardError.write(
            Data("\(precision.rawValue), round \(round) of \(rounds): \(work.name)\n".utf8))
          let answer = try contender.answer(work.request)
          guard round > 0, let seconds = answer.seconds else { continue }
          rows[index].seconds.append(seconds)
          switch work.name {
          case "decode":
            let limit = try contender.answer(WorkRequest("bandwidth")).bytesPerSecond ?? 0
            bandwidths.append(limit)
            rows[index].shares.append(Double(work.request.count ?? 0) * bytes / seconds / limit)
          case "tune":
            let limit = try contender.answer(WorkRequest("product")).operationsPerSecond ?? 0
            products[precision, default: []].append(limit)
            rows[index].shares.append((answer.operations ?? 0) / seconds / limit)
          default: break
          }
          rows[index].units =
            switch work.name {
            case "prompt": Double(work.request.tokens?.count ?? 0)
            case "decode", "contrast": Double(work.request.count ?? 0)
            case "evaluate": Double(answer.answers?.reduce(0) { $0 + $1.count } ?? 0)
            default: 1
            }
        }
      }
      lines += rows
    }
    print("| work | precision | median | range | rate | share of the limit |")
    print("|---|---|--:|--:|--:|--:|")
    for line in lines {
      let seconds = line.seconds.sorted(), median = seconds[seconds.count / 2]
      let rate =
        line.work == "tune"
        ? "\(text(1 / median, 2)) steps/s" : "\(text(line.units / median, 0)) tokens/s"
      let share = line.shares.isEmpty ? "–" : "\(text(100 * line.shares.sorted()[line.shares.count / 2], 0)) %"
      print(
        "| \(line.work) | \(line.precision.rawValue) | \(text(median, 3)) s "
          + "| \(text(seconds[0], 3))–\(text(seconds[seconds.count - 1], 3)) s | \(rate) | \(share) |")
    }
    print("\nThe limits, of the same rounds: \(range(bandwidths)) GB/s read by \(threads) threads (decode);")
    for precision in Precision.allCases {
      print("\(range(products[precision] ?? [])) GFLOP/s in the best \(precision.rawValue) product (tune);")
    }
    print("kernels \(kernels.name), OpenBLAS for \(MachineLimits.openBLASCore), \(Machine.processor).")
  }

  private func text(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  private func range(_ values: [Double]) -> String {
    let sorted = values.sorted()
    guard let first = sorted.first, let last = sorted.last else { return "no" }
    return "\(text(first * 1e-9, 0)) to \(text(last * 1e-9, 0))"
  }
}

extension Works {
  /// The works by their names.
  var requests: [(name: String, request: WorkRequest)] {
    [("prompt", prompt), ("decode", decode), ("contrast", contrast), ("evaluate", evaluate), ("tune", tune)]
  }
}
