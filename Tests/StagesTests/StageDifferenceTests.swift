import Fingerprints
import JSON
import Stages
import Testing

struct StageDifferenceTests {
  private func stage(_ parameters: JSONValue, inputs: [String: String] = [:], seed: Int? = nil, version: Int = 1)
    -> Stage
  {
    Stage(
      kind: .generations, version: version, parameters: parameters,
      inputs: inputs.map { .init(name: $0, fingerprint: Fingerprint(of: .string($1))) }, seed: seed, label: "")
  }

  private func changes(_ before: Stage, _ after: Stage) -> [String] {
    StageDifference(from: before, to: after).changes.map(\.text)
  }

  @Test func namesWhatChangedCameAndWent() {
    let before = stage(
      ["alpha": 0.4, "a": ["b": 1, "c": "x"], "gone": true], inputs: ["model": "m", "old": "o"], seed: 1)
    let after = stage(
      ["alpha": 0.5, "a": ["b": 2, "c": "x"], "new": nil], inputs: ["model": "n"], seed: 2, version: 2)
    #expect(
      changes(before, after) == [
        "a.b changed: 1 → 2", "alpha changed: 0.4 → 0.5", "gone is gone: it was true", "new is new: null",
        "seed changed: 1 → 2", "version changed: 1 → 2", "model changed", "old is gone",
      ])
    #expect(changes(before, before).isEmpty)
  }

  @Test func comparesWithTheNearest() throws {
    let stages = [stage(["alpha": 0, "k": 1]), stage(["alpha": 0.4, "k": 1]), stage(["alpha": 0.5, "k": 2, "x": 1])]
    let difference = try #require(StageDifference(to: stage(["alpha": 0.5, "k": 1]), fromNearestOf: stages))
    #expect(difference.changes.map(\.text) == ["alpha changed: 0.4 → 0.5"])
    let metrics = Stage(kind: .metrics, parameters: [:], inputs: [], seed: nil, label: "")
    #expect(StageDifference(to: metrics, fromNearestOf: stages) == nil)
  }
}
