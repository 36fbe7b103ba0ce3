import Experiments
import Fingerprints
import Foundation
import JSON
import Stages
import Testing

@Suite struct AttackSettingsTests {
  private func manifest(_ sets: JSONValue, decoding: JSONValue = ["method": "base"]) -> JSONValue {
    ["name": "x", "decoding": decoding, "evaluation": ["sets": sets]]
  }

  private func message(_ manifest: JSONValue) -> String {
    do {
      _ = try Manifest(manifest)
      return "no error"
    } catch { return "\(error)" }
  }

  private func set(_ attack: JSONValue, _ key: String = "attack") -> JSONValue {
    var set = JSONObject()
    set["name"] = "own"
    set["kind"] = "harmful"
    set["file"] = "own.jsonl"
    set[key] = attack
    return .object(set)
  }

  /// A list of attacks is a set each, beside the plain one, and pairs are told by what the sets say.
  @Test func aListIsASetEach() throws {
    let attacks: JSONValue = [
      "base64", "style+rot13", ["kind": "many-shot", "file": "shots/all.jsonl", "shots": 4],
      ["kind": "published", "file": "gcg.jsonl", "field": "jailbreak"], "published",
    ]
    let sets = try Manifest(manifest([set(attacks, "attacks")])).settings.evaluation.sets
    #expect(
      sets.map(\.name) == [
        "own", "own under base64", "own under style+rot13", "own under many-shot (all.jsonl) 4",
        "own under published (gcg.jsonl)", "own under published",
      ])
    #expect(sets.dropFirst().allSatisfy { sets[0].isPlain(of: $0) } && !sets[0].isPlain(of: sets[0]))
    let selections = sets.map { $0.selection(isNumbered: false) }
    #expect(Set(selections.map(\.plain)).count == 1 && Set(selections).count == 6)
    #expect(selections[3].attack?.shots == 4 && selections[1].attack?.shots == nil)
    #expect(selections[4].attack?.field == "jailbreak" && selections[4].attack?.format == "jsonl")
  }

  /// What is written out is read as the same.
  @Test func whatIsResolvedIsTheSamePlan() throws {
    let attacks: JSONValue = [
      "past-tense", ["kind": "translation", "file": "zulu.jsonl"], ["kind": "published", "file": "a.jsonl"],
    ]
    let written = manifest([set(attacks, "attacks")])
    let resolved = try Manifest(written).resolved
    #expect(try Manifest(resolved).resolved == resolved)
    #expect(try plan(resolved).fingerprint == plan(written).fingerprint)
  }

  @Test func theFileOfAnAttackIsAnInput() throws {
    let written = manifest([set(["kind": "translation", "file": "zulu.jsonl"])])
    #expect(try plan(written).fingerprint != plan(written, changing: ["zulu.jsonl": "other"]).fingerprint)
    #expect(try Manifest(written).files.contains("zulu.jsonl"))
    let published = manifest([set(["kind": "published", "benchmark": "jailbreakbench-gcg-vicuna"])])
    #expect(try Manifest(published).benchmarks == ["jailbreakbench-gcg-vicuna"])
  }

  /// The answers to plain requests are those of a manifest without attacks.
  @Test func thePlainSetIsTheSameStage() throws {
    let plain = try plan(manifest([["name": "own", "kind": "harmful", "file": "own.jsonl"]]))
    let attacked = try plan(manifest([set(["base64"], "attacks")]))
    #expect(attacked.cells[0].stage(.generations, set: 0) == plain.cells[0].stage(.generations, set: 0))
    #expect(attacked.cells[0].stage(.generations, set: 1) != plain.cells[0].stage(.generations, set: 0))
  }

  @Test func metricsKnowThePairs() throws {
    let plan = try plan(manifest([set(["base64"], "attacks")]))
    let stage = try #require(plan.stages.last?.specification as? MetricsStage)
    #expect(stage.parameters.sets.map(\.attack) == [nil, AttackedSet(name: "base64", plain: "own")])
    let alone = try ExperimentsTests.plan(manifest([set("base64")]))
    #expect((alone.stages.last?.specification as? MetricsStage)?.parameters.sets[0].attack == nil)
  }

  @Test func samplesAreDrawn() throws {
    let sets: JSONValue = [["name": "own", "kind": "harmful", "file": "own.jsonl"]]
    func answers(_ decoding: JSONValue) throws -> Fingerprint? {
      try plan(manifest(sets, decoding: decoding)).cells[0].stage(.generations, set: 0)
    }
    let one: JSONValue = ["method": "base", "temperature": 1]
    #expect(try answers(["method": "base", "temperature": 1, "samples": 1]) == answers(one))
    #expect(try answers(["method": "base", "temperature": 1, "samples": 3]) != answers(one))
    #expect(
      message(manifest(sets, decoding: ["method": "base", "samples": 3]))
        == "decoding.samples: found 3 at temperature 0, expected 1, or a \"temperature\" above 0: greedy answers are "
        + "all the same")
  }

  @Test(
    arguments: [
      (3, "attack: found 3, expected the name of an attack, or an object with its \"kind\""),
      ("bas64", "attack: found \"bas64\", expected one of \"prefix-injection\", \"refusal-suppression\""),
      (["file": "x"], "attack.kind: found nothing, expected the name of an attack"),
      ("many-shot", "attack.file: found nothing, expected the file that \"many-shot\" reads"),
      ("style+many-shot", "attack: found \"many-shot\" joined with others, expected it by itself: it reads a file"),
      (["kind": "base64", "file": "x"], "attack.file: found a file for \"base64\", expected none: it reads nothing"),
      (["kind": "base64", "shots": 3], "attack.shots: found shots for \"base64\", expected none"),
      (
        ["kind": "published", "file": "x", "benchmark": "y"],
        "attack.benchmark: found a benchmark beside a file, expected one of the two"
      ),
      (
        ["kind": "published", "benchmark": "y", "goal": "z"],
        "attack.goal: found a goal, expected none: only \"published\" in a file of your own has one"
      ),
      (
        ["kind": "translation", "benchmark": "y"],
        "attack.benchmark: found a benchmark for \"translation\", expected a \"file\""
      ),
    ] as [(JSONValue, String)])
  func badAttacksAreNamed(attack: JSONValue, problem: String) {
    let found = message(manifest([set(attack)]))
    #expect(found.hasPrefix("evaluation.sets[0].\(problem)"), "\(found)")
  }

  /// What is probed is the plain sets: no attack is run for it.
  @Test func attackedSetsAreNotProbed() throws {
    let sets: JSONValue = [set(["base64"], "attacks")]
    let probed = try plan([
      "name": "x", "decoding": ["method": "base"], "evaluation": ["sets": sets, "probe": "safe"],
    ])
    let stages = probed.stages.compactMap { $0.specification as? ProbeStage }
    #expect(stages.map { $0.parameters.sets.map(\.name) } == [["own"]])
  }

  @Test func whatSetsMayNotSay() {
    let given: JSONValue = [
      [
        "name": "own", "kind": "harmful", "file": "own.jsonl", "answers": "answers.jsonl", "attacks": ["base64"],
      ]
    ]
    #expect(
      message(manifest(given)).hasPrefix(
        "evaluation.sets[0].attacks: found \"attacks\" beside \"answers\", expected one of the two"))
    #expect(
      message(manifest([set([], "attacks")])).hasPrefix(
        "evaluation.sets[0].attacks: found an empty list, expected a list of at least one attack"))
    #expect(
      message(manifest([set(["style", "nothing"], "attacks")])).hasPrefix("evaluation.sets[0].attacks[1]: found"))
    let scored: JSONValue = [
      "name": "own", "kind": "harmful", "file": "own.jsonl", "measure": "likelihood", "attack": "style",
    ]
    #expect(
      message(manifest([scored])).hasPrefix("evaluation.sets[0].attack: found an attack on a set that is scored"))
    let both: JSONValue = [
      "name": "own", "kind": "harmful", "file": "own.jsonl", "attack": "style", "attacks": ["base64"],
    ]
    #expect(message(manifest([both])).hasPrefix("evaluation.sets[0].attacks: found \"attacks\" beside \"attack\""))
    #expect(message(manifest([set(["style", "style"], "attacks")])).contains("expected a name of its own"))
  }
}
