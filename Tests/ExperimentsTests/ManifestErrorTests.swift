import Experiments
import JSON
import Stages
import Testing

private let methods = DecodingMethod.allCases.map { "\"\($0.name)\"" }.joined(separator: ", ")

@Suite struct ManifestErrorTests {
  @Test(arguments: [
    (#"[]"#, "the whole: found an empty list, expected an object"),
    (#"{}"#, "name: found nothing, expected a string that is not empty"),
    (#"{"name": " "}"#, "name: found \" \", expected a string that is not empty"),
    (
      #"{"name": "x", "seeds": 1}"#,
      "seeds: found the unknown key \"seeds\", expected a known key (did you mean \"seed\"?)"
    ),
    (
      #"{"name": "x", "decoding": {"alhpa": 1}}"#,
      "decoding.alhpa: found the unknown key \"alhpa\", expected a known key (did you mean \"alpha\"?)"
    ),
    (
      #"{"name": "x", "evaluation": {"zzzzzzzz": 1}}"#,
      "evaluation.zzzzzzzz: found the unknown key \"zzzzzzzz\", expected one of \"sets\", \"judge\", "
        + "\"fluency\", \"wordings\", \"judges\", \"answers\", \"probe\""
    ),
    (#"{"name": "x", "decoding": 3}"#, "decoding: found 3, expected an object"),
    (
      #"{"name": "x", "decoding": {"alpha": "0.4"}}"#,
      "decoding.alpha: found \"0.4\", expected a number of at least 0"
    ),
    (#"{"name": "x", "decoding": {"alpha": -0.1}}"#, "decoding.alpha: found -0.1, expected a number of at least 0"),
    (
      #"{"name": "x", "decoding": {"topP": 0}}"#,
      "decoding.topP: found 0, expected a number above 0 and at most 1"
    ),
    (
      #"{"name": "x", "decoding": {"method": "acs"}}"#,
      "decoding.method: found \"acs\", expected one of \(methods)"
    ),
    (#"{"name": "x", "anchors": {"size": 0}}"#, "anchors.size: found 0, expected a whole number from 1 to 1000000"),
    (
      #"{"name": "x", "anchors": {"size": 2.5}}"#,
      "anchors.size: found 2.5, expected a whole number from 1 to 1000000"
    ),
    (#"{"name": "x", "seed": null}"#, "seed: found null, expected a whole number from 0 to 9007199254740992"),
    (
      #"{"name": "x", "tuning": {"beta1": 1}}"#,
      "tuning.beta1: found 1, expected a number of at least 0 and below 1"
    ),
    (
      #"{"name": "x", "tuning": {"gradientClip": 0}}"#,
      "tuning.gradientClip: found 0, expected a number above 0, or null"
    ),
    (
      #"{"name": "x", "tuning": {"weightDecay": 0.01}}"#,
      "tuning.weightDecay: found 0.01, expected 0 with the optimizer \"adam\" (weight decay belongs to \"adamw\")"
    ),
    (
      #"{"name": "x", "tuning": {"initialization": {"kind": "null"}}}"#,
      "tuning.initialization.length: found no length, expected a number of rows, since a null prompt has no text to "
        + "take it from"
    ),
    (
      #"{"name": "x", "evaluation": {"sets": []}}"#,
      "evaluation.sets: found an empty list, expected a list of at least one evaluation set"
    ),
    (
      #"{"name": "x", "evaluation": {"sets": [{"name": "a", "kind": "harmful", "file": "f.jsonl"}, {"name": "a"}]}}"#,
      "evaluation.sets[1].kind: found nothing, expected one of \"harmful\", \"harmless\""
    ),
    (
      #"{"name": "x", "evaluation": {"sets": [{"name": "a", "kind": "harmful", "file": "f.jsonl"}, {"name": "a", "#
        + #""kind": "harmful", "file": "g.csv"}]}}"#,
      "evaluation.sets[1].name: found \"a\", expected a name of its own (evaluation.sets[0] has this one)"
    ),
    (
      #"{"name": "x", "evaluation": {"sets": [{"name": "a", "kind": "harmful", "file": "f.xml"}]}}"#,
      "evaluation.sets[0].file: found \"f.xml\", expected a name that ends with .jsonl, .csv, .json, .txt, "
        + "and then .gz or .xz where it is compressed"
    ),
    (
      #"{"name": "x", "sweep": {}}"#,
      "sweep: found an empty object, expected an object of at least one setting and its values (leave \"sweep\" out "
        + "for a single cell)"
    ),
    (
      #"{"name": "x", "sweep": {"decoding.alpha": []}}"#,
      "sweep.decoding.alpha: found an empty list, expected a list of at least one value"
    ),
    (
      #"{"name": "x", "sweep": {"decoding.alpha": [0, 0.1, "x"]}}"#,
      "sweep.decoding.alpha[2]: found \"x\", expected a number of at least 0"
    ),
    (
      #"{"name": "x", "sweep": {"decoding.alpha": [0.1, 0.10]}}"#,
      "sweep.decoding.alpha[1]: found 0.1 again, expected a value that differs from sweep.decoding.alpha[0]"
    ),
    (
      #"{"name": "x", "sweep": {"question": ["a"]}}"#,
      "sweep.question: found the unknown key \"question\", expected the path of a setting, such as \"seed\" or "
        + "\"decoding.alpha\""
    ),
    (
      #"{"name": "x", "sweep": {"alpha": [1]}}"#,
      "sweep.alpha: found the unknown key \"alpha\", expected a setting's whole path (did you mean "
        + "\"adapter.alpha\" or \"decoding.alpha\"?)"
    ),
    (
      #"{"name": "x", "sweep": {"tuning.stepps": [1]}}"#,
      "sweep.tuning.stepps: found the unknown key \"tuning.stepps\", expected a known key (did you mean "
        + "\"tuning.steps\"?)"
    ),
    (
      #"{"name": "x", "sweep": {"tuning.initialization": [{"kind": "text"}, {"kind": "random", "lenght": 3}]}}"#,
      "sweep.tuning.initialization[1].lenght: found the unknown key \"lenght\", expected a known key (did you mean "
        + "\"length\"?)"
    ),
    (
      #"{"name": "x", "tuning": {"optimizer": "adamw", "weightDecay": 0.1}, "sweep": {"tuning.optimizer": ["adamw", "#
        + #""adam"]}}"#,
      "tuning.weightDecay (in the cell \"optimizer adam\"): found 0.1, expected 0 with the optimizer \"adam\" "
        + "(weight decay belongs to \"adamw\")"
    ),
    (
      #"{"name": "x", "sweep": {"tuning.weights.likelihood": [1], "tuning.weights": [{}]}}"#,
      "sweep.tuning.weights: found a section after its own \"tuning.weights.likelihood\", expected the section first, "
        + "then what it holds"
    ),
    (
      #"{"name": "x", "baselines": [{}]}"#,
      "baselines[0]: found an empty object, expected an object of at least one setting and its value"
    ),
    (
      #"{"name": "x", "baselines": [{"decoding.method": "nothing"}]}"#,
      "baselines[0].decoding.method: found \"nothing\", expected one of \(methods)"
    ),
    (
      #"{"name": "x", "adapter": {"targets": ["q_proj", "lm_head"]}}"#,
      "adapter.targets: found a list of 2, expected a list of distinct names of q_proj, k_proj, v_proj, o_proj, "
        + "gate_proj, up_proj, down_proj"
    ),
    (
      #"{"name": "x", "decoding": {"method": "contrastive"}}"#,
      "decoding.secondModel: found nothing, expected a model with the target's vocabulary: the method contrastive "
        + "needs it"
    ),
    (
      #"{"name": "x", "evaluation": {"sets": [{"name": "a", "kind": "harmful", "file": "f", "benchmark": "b"}]}}"#,
      "evaluation.sets[0].benchmark: found a benchmark beside a file, expected one of the two"
    ),
    (
      #"{"name": "x", "evaluation": {"sets": [{"name": "a", "kind": "harmful", "benchmark": "b", "field": "x"}]}}"#,
      "evaluation.sets[0].field: found a field of a benchmark, expected none: the catalog knows it"
    ),
    ("{\"name\": \"x\",\n \"seed\": }", "line 2, column 10: found \"}\", expected a value for \"seed\""),
  ])
  func tellsThePlaceTheFindingAndTheExpectation(text: String, message: String) {
    let error = #expect(throws: ManifestError.self) { try Manifest(parsing: text, named: "m.json") }
    #expect(error?.description == "m.json: \(message)")
  }

  @Test func refusesNumbersThatAreNotFinite() {
    for number in [Double.nan, .infinity] {
      let error = #expect(throws: ManifestError.self) {
        try Manifest(["name": "x", "sweep": ["decoding.alpha": [0, .number(number)]]])
      }
      #expect(
        error?.description
          == "sweep.decoding.alpha[1]: found a number that is not finite, expected a number of at least 0")
    }
  }

  @Test func refusesTooManyCells() {
    let values = JSONValue.array((0..<101).map { .integer($0) })
    let error = #expect(throws: ManifestError.self) {
      try Manifest(["name": "x", "sweep": ["seed": values, "decoding.alpha": values]])
    }
    #expect(error?.description == "sweep: found 10201 cells, expected at most 10000")
  }
}
