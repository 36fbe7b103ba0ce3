import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@testable import Reporting

struct CellCostsTests {
  private let samples: SampleStore

  init() throws { samples = try SampleStore() }

  /// A cell whose answers took so long.
  private func cell(
    _ label: String, _ method: DecodingMethod, seconds: Double, counters: [String: Double]
  ) throws -> CellRecord {
    let stage = try GenerationsStage(
      parameters: .init(
        sampling: SamplingParameters(temperature: 0, topP: 1, topK: 0), method: MethodParameters(method: method),
        requests: RequestSelection(
          source: .file(format: "jsonl", field: nil, rowName: nil), size: nil, sampleSeed: nil),
        maximumTokens: 20, precision: nil),
      inputs: MethodInputs(
        model: ModelReference(
          weights: Reference(Fingerprint(of: "weights")), tokenizer: Reference(Fingerprint(of: .string(label)))),
        requests: Reference(Fingerprint(of: "requests"))), seed: 1
    ).stage()
    let pending = try samples.store.begin(stage)
    let artifact = try samples.store.commit(pending, environment: [:], counters: counters)
    let file = artifact.file("record.json")
    var record = try #require(try CanonicalFile.read(JSONValue.self, from: file).object)
    record["seconds"] = .number(seconds)
    try CanonicalFile.write(JSONValue.object(record), to: file)
    let metrics = SetMetrics(
      set: "set", kind: .harmful, count: 10, refused: 4, answered: 6, degenerate: 0, refusalRate: 0.4, low: 0.2,
      high: 0.6, degenerateRate: 0, meanTokens: 5,
      fluency: FluencyMetrics(
        logLikelihood: Estimate(value: -1.25, low: -2, high: -1), noise: 1, bound: -3.5, minimumTokens: 8))
    return CellRecord(
      label: label, overrides: [], isBaseline: method == .base,
      stages: [StageReference(kind: .generations, name: "set", fingerprint: stage.fingerprint)],
      metrics: CellMetrics(sets: [metrics]), failure: nil)
  }

  private func results(_ cells: [CellRecord]) -> ExperimentResults {
    ExperimentResults(
      ExperimentRecord(
        fingerprint: Fingerprint(ofBytes: Data()), name: "n", question: "q", cells: cells,
        started: Date(timeIntervalSince1970: 0), finished: nil, environment: [:], toolVersion: "1"))
  }

  private func plain(_ text: String) -> String { text.split(separator: " ").joined(separator: " ") }

  @Test func tokensASecondBesideOneStreams() throws {
    defer { samples.remove() }
    let results = results([
      try cell("base", .base, seconds: 2, counters: ["tokens": 200]),
      try cell("acd", .acd, seconds: 5, counters: ["tokens": 200]),
      try cell("resumed", .acd, seconds: 1, counters: ["tokens": 200, "answersBefore": 3]),
    ])
    let costs = CellCosts(results: results, store: samples.store)
    let text = plain(try #require(costs.markdown))
    #expect(text.contains("| `base` | 1 | 100 | 1.00 |") && text.contains("| `acd` | 2 | 40 | 0.40 |"))
    // Half of its answers were made in a run whose time nobody knows.
    #expect(text.contains("| `resumed` | 2 | – | – |"))

    let table = plain(ResultsSection(results: results, costs: costs).table)
    #expect(table.contains("| gap | degenerate | noise | fluency | streams | n | mean tokens |"))
    #expect(table.contains("| – | 0.00 | 0.10 | -1.25 | 2 | 10 | 5.0 |"))
    #expect(table.contains("an answer of at least 8 tokens") && table.contains("it begins at: set -3.50. "))
  }

  @Test func whatIsNotInTheStoreHasNoCost() throws {
    defer { samples.remove() }
    let found = CellCosts(results: results([]), store: samples.store)
    #expect(found.isEmpty && found.markdown == nil && found["base"] == nil)
  }
}
