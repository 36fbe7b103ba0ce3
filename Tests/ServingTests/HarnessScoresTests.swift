import EngineContract
import Experiments
import Foundation
import JSON
import NativeEngine
import Pipeline
import Stages
import TestSupport
import Testing
import Tokenization

/// The scores that `Tests/Clients/harness.py` compares the harness's log-likelihoods with are the engine's own.
@Suite(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct HarnessScoresTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Clients/tasks")

  @Test func expectedScoresAreTheEngines() throws {
    let file = Self.folder.appending(path: "expected.json")
    let rows = try JSONLines.lines(of: Data(contentsOf: Self.folder.appending(path: "choices.jsonl"))).map {
      JSONValue(try JSONElement(parsing: $0.bytes))
    }
    var found = JSONObject()
    for (method, alpha) in [("base", nil), ("instructive-null", 0.3)] as [(String, Double?)] {
      let name = method + (alpha.map { "-\($0)" } ?? "")
      found[name] = .array(try rows.map { .array(try scores(of: $0, method, alpha).map(JSONValue.number)) })
    }
    if ProcessInfo.processInfo.environment["ANTIPODE_RECORD_SNAPSHOTS"] != nil {
      try Data((JSONValue.object(found).canonical + "\n").utf8).write(to: file)
    }
    let expected = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
    #expect(expected.object?.keys.count == 2)
    for member in found.members {
      let left = member.value.array?.flatMap { $0.array ?? [] }.compactMap(\.number) ?? []
      let right = expected[member.key]?.array?.flatMap { $0.array ?? [] }.compactMap(\.number) ?? []
      #expect(left.count == 30)
      assertClose(left, right, within: .absolute(1e-5))
    }
  }

  /// The log-likelihood of each choice behind its question, as the engine scores it.
  private func scores(of row: JSONValue, _ method: String, _ alpha: Double?) throws -> [Double] {
    let engine = try RunningServer.engine.get(), tokenizer = engine.tokenizer
    var section = JSONObject()
    section["method"] = .string(method)
    section["alpha"] = alpha.map(JSONValue.number)
    let settings = try DecodingSettings(.object(section))
    var setup = try RunningServer.method(settings).setup
    for (index, stream) in settings.methodParameters.streams.enumerated() {
      var prompt: [Int] = []
      if case .manual(let manual) = stream.prompt {
        prompt = try tokenizer.encode(RunningServer.systemPrompt(manual) + "\n\n", special: .asText)
      }
      setup.streams[index].prompt = [.tokens(prompt)]
    }
    let question = row["question"]?.string ?? ""
    let before = try tokenizer.encode(question, special: .parse)
    let requests = try (row["choices"]?.array ?? []).map { choice in
      let whole = try tokenizer.encode("\(question) \(choice.string ?? "")", special: .parse)
      return ContinuationRequest(turns: [before], continuation: Array(whole.dropFirst(before.count)))
    }
    return try engine.scores(of: requests, under: setup, reference: nil, onProgress: { _ in })
      .map { $0.logProbabilities.reduce(0, +) }
  }
}
