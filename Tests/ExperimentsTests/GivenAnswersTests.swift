import Experiments
import Fingerprints
import JSON
import Stages
import Testing

@Suite struct GivenAnswersTests {
  private func set(_ name: String, answers: String? = nil, measure: String = "answers") -> JSONValue {
    var set = JSONObject([
      .init(key: "name", value: .string(name)), .init(key: "kind", value: "harmful"),
      .init(key: "file", value: .string("\(name).jsonl")), .init(key: "measure", value: .string(measure)),
    ])
    set["answers"] = answers.map(JSONValue.string)
    return .object(set)
  }

  @Test func aSetsAnswersComeFromItsFileAndNoModelIsNeeded() throws {
    let plan = try plan(["name": "x", "evaluation": ["sets": [set("one", answers: "runs/vllm.jsonl")]]])
    #expect(plan.stages.map(\.stage.kind) == [.generations, .verdicts, .metrics])
    #expect(plan.stages[0].stage.label == "given answers to one" && plan.cells.map(\.label) == ["vllm"])
    #expect(plan.stages[0].stage.inputs.map(\.name) == ["answers", "requests"])
    #expect(plan.manifest.models.isEmpty && plan.manifest.files == ["one.jsonl", "runs/vllm.jsonl"])
  }

  @Test func theContentOfTheFileCounts() throws {
    func name(_ file: String) throws -> String {
      try plan(["name": "x", "evaluation": ["sets": [set("one", answers: file)]]]).stages[0].fingerprint.hexadecimal
    }
    #expect(try name("a/vllm.jsonl") == name("b/vllm.jsonl") && name("vllm.jsonl") != name("gpt.jsonl"))
  }

  /// A row of answers from elsewhere stands beside rows of our own, on the sets that it names.
  @Test func aBaselineNamesFilesBySet() throws {
    let plan = try plan([
      "name": "x", "decoding": ["method": "base"],
      "evaluation": ["sets": [set("one"), set("two"), set("scored", measure: "likelihood")]],
      "baselines": [["evaluation.answers": ["one": "runs/gpt-4o.jsonl"]]],
    ])
    #expect(plan.cells.map(\.label) == ["gpt-4o", "base"])
    #expect(plan.cells[0].stages.map(\.kind) == [.generations, .verdicts, .metrics])
    #expect(plan.cells[0].stages.map(\.name) == ["one", "one", ""])
    #expect(plan.cells[1].stages.filter { $0.kind == .generations }.map(\.name) == ["one", "two"])
    #expect(plan.manifest.models.count == 1)
  }

  @Test func aSweepComparesFiles() throws {
    let plan = try plan([
      "name": "x", "evaluation": ["sets": [set("one")]],
      "sweep": ["evaluation.answers": [["one": "a.jsonl"], ["one": "b.jsonl"]]],
    ])
    #expect(plan.cells.map(\.label) == ["a", "b"] && plan.stages.count { $0.stage.kind == .generations } == 2)
  }

  @Test func withoutThemNothingChanges() throws {
    let plain: JSONValue = ["name": "x", "evaluation": ["sets": [set("one")]]]
    let written: JSONValue = ["name": "x", "evaluation": ["sets": [set("one")], "answers": nil]]
    #expect(try plan(plain).fingerprint == plan(written).fingerprint)
    let given = try Manifest(["name": "x", "evaluation": ["sets": [set("one", answers: "a.jsonl")]]]).resolved
    #expect(try Manifest(given).resolved == given)
  }

  @Test func whatIsWrongIsNamed() throws {
    func message(_ evaluation: JSONValue) throws -> String {
      let error = try #require(throws: ManifestError.self) { try Manifest(["name": "x", "evaluation": evaluation]) }
      return "\(error)"
    }
    #expect(
      try message(["sets": [set("one", answers: "a.jsonl"), set("two")]]).hasPrefix(
        "evaluation.sets[1].answers: found nothing, expected a file, as evaluation.sets[0] has one"))
    #expect(
      try message(["sets": [set("one", answers: "a.jsonl", measure: "likelihood")]]).hasPrefix(
        "evaluation.sets[0].answers: found answers to a set whose measure is \"likelihood\""))
    #expect(
      try message(["sets": [set("one")], "answers": ["on": "a.jsonl"]])
        == "evaluation.answers.on: found the unknown key \"on\", expected a known key (did you mean \"one\"?)")
    for wrong: JSONValue in [[:], [], "a.jsonl", ["one": 3], ["one": ""]] {
      #expect(
        try message(["sets": [set("one")], "answers": wrong]).hasSuffix(
          "expected an object from sets' names to files with the answers to them"))
    }
  }
}
