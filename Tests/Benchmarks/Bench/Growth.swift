import ArgumentParser
import Foundation

/// Measures how time and memory grow, each point in a process of its own, so that the peak of memory is that point's.
struct Growth: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure time and memory against prompt length, response length, batch, and threads.",
    discussion: "Prints JSON for growth.py.")

  @Argument(help: "The path of a GGUF file.") var model: String
  @Option(help: "The repository's folder.") var root = "."
  @Option(help: "How often each point is measured; the median counts.") var rounds = 3

  private struct Row: Encodable {
    var series: String
    var x: Int
    var threads: Int
    var seconds: Double
    var bytes: Int
    var unit: String
  }

  private struct Point {
    var series: String
    var x: Int
    var unit: String
    /// How many units one piece of work has.
    var units: Double
    var request: WorkRequest
  }

  func run() throws {
    let works = try Works(model: model, root: root)
    var rows: [Row] = []
    let points = points(works)
    for threads in [1, 2] {
      for (index, point) in points.enumerated() {
        FileHandle.standardError.write(
          Data("\(threads) threads, \(index + 1)/\(points.count): \(point.series) \(point.x)\n".utf8))
        let answers = try answers(to: point.request, threads: threads)
        let seconds = answers.compactMap(\.seconds).sorted()
        rows.append(
          Row(
            series: point.series, x: point.x, threads: threads, seconds: seconds[seconds.count / 2] / point.units,
            bytes: answers.last?.bytes ?? 0, unit: point.unit))
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    FileHandle.standardOutput.write(try encoder.encode(["rows": rows]) + Data("\n".utf8))
  }

  private func points(_ works: Works) -> [Point] {
    var points: [Point] = []
    let prose = works.prompt.tokens ?? [], turns = works.evaluate.turns ?? [], pairs = works.tune.pairs ?? []
    for length in [64, 128, 256, 512, 1024, 2048, 4096] {
      var request = WorkRequest("prompt")
      request.tokens = (0..<length).map { prose[$0 % prose.count] }
      points.append(Point(series: "prompt length", x: length, unit: "token", units: Double(length), request: request))
    }
    for length in [16, 64, 256, 512, 1024] {
      var request = works.contrast
      request.count = length
      points.append(
        Point(series: "response length, ACD", x: length, unit: "token", units: Double(length), request: request))
    }
    for batch in [1, 2, 4, 8, 16, 32, 64, 128] {
      var request = works.evaluate
      request.turns = (0..<batch).map { turns[$0 % turns.count] }
      request.count = 24
      request.stop = []
      points.append(
        Point(series: "batch, ACD", x: batch, unit: "token", units: Double(batch * 24), request: request))
    }
    for length in [16, 32, 64, 128, 256] {
      var request = works.tune
      request.prefix?.prompt = (0..<length).map { prose[$0 % prose.count] }
      points.append(Point(series: "soft prompt, tuning", x: length, unit: "step", units: 1, request: request))
    }
    for count in [3, 6, 9, 18, 36] {
      var request = works.tune
      request.pairs = (0..<count).map { index in
        var pair = pairs[index % pairs.count]
        // Instructions of their own, as a step draws them.
        if index >= pairs.count { pair.turn[0] = prose[index] }
        return pair
      }
      points.append(Point(series: "pairs, tuning", x: count, unit: "step", units: 1, request: request))
    }
    return points
  }

  /// A worker's answers to one request, some times over, and the peak of its memory in the last of them.
  private func answers(to request: WorkRequest, threads: Int) throws -> [WorkAnswer] {
    let encoder = JSONEncoder()
    let line = try encoder.encode(request) + Data("\n".utf8)
    let process = Process(), input = Pipe(), output = Pipe()
    process.executableURL = URL(filePath: CommandLine.arguments[0])
    process.arguments = ["worker", model, "--threads", "\(threads)"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    for _ in 0..<rounds { try input.fileHandleForWriting.write(contentsOf: line) }
    try input.fileHandleForWriting.write(contentsOf: encoder.encode(WorkRequest("memory")) + Data("\n".utf8))
    try input.fileHandleForWriting.close()
    let lines = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return try lines.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(WorkAnswer.self, from: $0) }
  }
}
