import Experiments
import JSON
import Stages
import Testing

@Suite struct JudgeSettingsTests {
  private let sets: JSONValue = [
    ["name": "bad", "kind": "harmful", "file": "bad.jsonl"],
    ["name": "good", "kind": "harmless", "file": "good.jsonl"],
    ["name": "scored", "kind": "harmless", "file": "good.jsonl", "measure": "likelihood"],
  ]

  private func manifest(_ judges: JSONValue, baselines: JSONValue = []) -> JSONValue {
    [
      "name": "x", "decoding": ["method": "safe"], "evaluation": ["sets": sets, "judges": judges],
      "baselines": baselines,
    ]
  }

  private func judged(_ plan: Plan) -> [String] {
    plan.stages.filter { $0.stage.kind == .judgments }.map(\.stage.label)
  }

  private let server: JSONValue = ["baseURL": "https://judge.example/v1", "model": "m", "keyVariable": "ANTIPODE_K"]

  @Test func aJudgeJudgesTheSetsThatItsQuestionFits() throws {
    let plan = try plan(
      manifest([
        ["name": "guard", "question": "harmlessness", "model": "guard.gguf", "format": "llama-guard-3"],
        ["name": "classes", "question": "refusal", "endpoint": server],
        ["name": "pairs", "question": "preference", "endpoint": server, "sets": ["good"]],
      ]))
    #expect(judged(plan) == ["guard on bad", "classes on bad", "classes on good", "pairs on good"])
    #expect(plan.manifest.models.contains("guard.gguf"))
    // What is judged is the answers, and the judge's weights are part of the name.
    let stages = plan.stages.filter { $0.stage.kind == .judgments }.map(\.stage)
    #expect(stages[0].inputs.map(\.name) == ["generations", "judge", "judge.tokenizer", "verdicts"])
    #expect(stages[1].inputs.map(\.name) == ["generations", "verdicts"])
    #expect(stages[3].inputs.map(\.name) == ["generations", "requests", "verdicts"])
    let metrics = try #require(plan.stages.last?.stage)
    #expect(metrics.inputs.contains { $0.name == "judgments/guard/bad" })
    #expect(
      plan.cells[0].stages.filter { $0.kind == .judgments }.map(\.name) == [
        "guard/bad", "classes/bad", "classes/good", "pairs/good",
      ])
  }

  @Test func aJudgesFileAndItsVariablesCount() throws {
    func stage(_ changes: JSONValue) throws -> Stage {
      let judge: JSONValue = ["name": "j", "question": "harmlessness", "model": "guard.gguf"]
      let changed = (changes.object?.members ?? []).reduce(judge.object ?? JSONObject()) {
        $0.setting($1.key, to: $1.value)
      }
      return try #require(plan(manifest([.object(changed)])).stages.first { $0.stage.kind == .judgments }).stage
    }
    let guardian = try stage(["format": "granite-guardian"])
    #expect(guardian.inputs.map(\.name) == ["generations", "judge", "judge.tokenizer", "verdicts"])
    #expect(guardian.parameters["maximumTokens"] == 32)
    let other = try stage(["format": "granite-guardian", "variables": ["guardian_config": ["risk_name": "harm"]]])
    #expect(guardian.fingerprint != other.fingerprint)
    let wild = try stage(["format": "wildguard", "prompt": "wild.txt"])
    #expect(wild.inputs.map(\.name) == ["generations", "judge", "judge.prompt", "judge.tokenizer", "verdicts"])
    #expect(try wild.fingerprint == stage(["format": "wildguard", "prompt": "elsewhere/wild.txt"]).fingerprint)
    #expect(try wild.fingerprint != stage(["format": "wildguard", "prompt": "other.txt"]).fingerprint)
    // A local model that is weighed by its words' shares says nothing.
    #expect(try stage(["format": "shieldgemma"]).parameters["maximumTokens"] == nil)
  }

  /// A server that is asked as all are has the name that it always had.
  @Test func theUsualFormatOfAServerIsNotNamed() throws {
    let judge: JSONValue = ["name": "j", "question": "refusal", "endpoint": server, "sets": ["bad"]]
    let stages = try ["chat", "qwen3guard-strict"].map { format in
      let named = try #require(judge.object).setting("format", to: .string(format))
      return try plan(manifest([.object(named)])).stages.first { $0.stage.kind == .judgments }
    }
    let plain = try plan(manifest([judge])).stages.first { $0.stage.kind == .judgments }
    #expect(stages[0]?.fingerprint == plain?.fingerprint && stages[1]?.fingerprint != plain?.fingerprint)
    #expect(stages[1]?.stage.parameters["maximumTokens"] == 64)
  }

  @Test func withoutJudgesNothingChanges() throws {
    #expect(try plan(manifest([])).fingerprint == plan(manifest([])).fingerprint)
    #expect(try judged(plan(manifest([]))).isEmpty)
  }

  @Test(
    arguments: [
      ("name", "other"), ("endpoint.concurrency", 9), ("endpoint.retries", 0), ("endpoint.timeout", 1.5),
      ("endpoint.keyVariable", "ANTIPODE_OTHER"),
    ] as [(String, JSONValue)])
  func howAServerIsAskedDoesNotCount(path: String, value: JSONValue) throws {
    let judge: JSONValue = ["name": "j", "question": "refusal", "endpoint": server]
    let other = JSONValue.object(try #require(judge.object).setting(path, to: value))
    let stages = try [judge, other].map { try plan(manifest([$0])).stages.filter { $0.stage.kind == .judgments } }
    #expect(stages[0].map(\.fingerprint) == stages[1].map(\.fingerprint))
  }

  @Test(
    arguments: [
      ("question", "harmlessness"), ("endpoint.baseURL", "https://other.example/v1"), ("endpoint.model", "n"),
      ("endpoint.parameters", ["seed": 1]), ("maximumTokens", 9),
    ] as [(String, JSONValue)])
  func whatIsAskedAndWhomCounts(path: String, value: JSONValue) throws {
    let judge: JSONValue = ["name": "j", "question": "refusal", "endpoint": server, "sets": ["bad"]]
    let other = JSONValue.object(try #require(judge.object).setting(path, to: value))
    let stages = try [judge, other].map { try plan(manifest([$0])).stages.filter { $0.stage.kind == .judgments } }
    #expect(stages[0].map(\.fingerprint) != stages[1].map(\.fingerprint))
  }

  @Test func anotherModelsWeightsCount() throws {
    let judge: JSONValue = ["name": "j", "question": "refusal", "model": "a.gguf"]
    let names = try [[:], ["weights": "others"]].map { changed in
      try plan(manifest([judge]), changing: changed).stages.filter { $0.stage.kind == .judgments }.map(\.fingerprint)
    }
    #expect(names[0] != names[1])
  }

  @Test func answersAreComparedWithTheFirstBaselines() throws {
    let judge: JSONValue = [
      "name": "pairs", "question": "preference", "endpoint": server, "sets": ["good"], "against": "baseline",
    ]
    let baselines: JSONValue = [["decoding.method": "base"], ["decoding.method": "opposite"]]
    let plan = try plan(manifest([judge], baselines: baselines))
    let base = try #require(plan.cells[0].stage(.generations, set: 1))
    for cell in plan.cells {
      let stage = try #require(cell.judgments(set: 1).flatMap(plan.stage))
      #expect(stage.stage.input("opponent") == base)
    }
    #expect(Set(plan.cells.map { $0.judgments(set: 1) }).count == 3)
  }

  @Test(arguments: [
    (
      #"{"name": "j", "question": "refusal"}"#,
      "evaluation.judges[0].model: found nothing, expected a model to ask, or an \"endpoint\""
    ),
    (
      #"{"name": "j", "question": "refusal", "model": "a", "endpoint": {}}"#,
      "evaluation.judges[0].endpoint: found an endpoint beside a model, expected one of the two"
    ),
    (
      #"{"name": "j", "question": "preference", "model": "a"}"#,
      "evaluation.judges[0].sets: found nothing, expected the names of the sets whose answers are judged by preference"
    ),
    (
      #"{"name": "j", "question": "refusal", "model": "a", "sets": ["bat"]}"#,
      "evaluation.judges[0].sets[0]: found the unknown key \"bat\", expected a known key (did you mean \"bad\"?)"
    ),
    (
      #"{"name": "j", "question": "refusal", "model": "a", "sets": ["scored"]}"#,
      "evaluation.judges[0].sets[0]: found the unknown key \"scored\", expected one of \"bad\", \"good\""
    ),
    (
      #"{"name": "j", "question": "refusal", "model": "a", "format": "llama-guard-3"}"#,
      "evaluation.judges[0].format: found \"llama-guard-3\" for the question \"refusal\", "
        + "expected \"chat\" or \"choice\": this format knows harmlessness alone"
    ),
    (
      #"{"name": "j", "question": "truthfulness", "model": "a", "format": "wildguard", "sets": ["bad"]}"#,
      "evaluation.judges[0].format: found \"wildguard\" for the question \"truthfulness\", "
        + "expected \"chat\" or \"choice\": this format knows harmlessness and refusal alone"
    ),
    (
      #"{"name": "j", "question": "harmlessness", "model": "a", "format": "harmbench"}"#,
      "evaluation.judges[0].prompt: found nothing, expected the file with the question that \"harmbench\" asks, where "
        + "{behavior} stands for the request and {generation} for the answer"
    ),
    (
      #"{"name": "j", "question": "harmlessness", "model": "a", "format": "llama-guard", "prompt": "p.txt"}"#,
      "evaluation.judges[0].prompt: found a file for the format \"llama-guard\", expected none: its question is known"
    ),
    (
      #"{"name": "j", "question": "harmlessness", "model": "a", "format": "wildguard", "prompt": "p.txt", "#
        + #""chatTemplate": "vicuna"}"#,
      "evaluation.judges[0].chatTemplate: found a chatTemplate, expected none: the file of \"prompt\" is all that the "
        + "model reads"
    ),
    (
      #"{"name": "j", "question": "harmlessness", "model": "a", "format": "llama-guard", "variables": {"messages": "#
        + #"[]}}"#,
      "evaluation.judges[0].variables.messages: found a variable that is not for change, expected other variables"
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "https://x"}, "format": "choice"}"#,
      "evaluation.judges[0].format: found \"choice\" beside an endpoint, expected one that a server can be asked in: "
        + "only a local model is asked so"
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "https://x"}, "variables": {}}"#,
      "evaluation.judges[0].variables: found a variables beside an endpoint, expected none: the server has its own"
    ),
    (
      #"{"name": "j", "question": "refusal", "model": "a", "against": "baseline"}"#,
      "evaluation.judges[0].against: found an opponent for the question \"refusal\", "
        + "expected none: only \"preference\" compares two answers"
    ),
    (
      #"{"name": "refusal-wording", "question": "refusal", "model": "a"}"#,
      "evaluation.judges[0].name: found \"refusal-wording\", "
        + "expected a name that no other judge has (\"refusal-wording\" is one)"
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "judge.example"}}"#,
      "evaluation.judges[0].endpoint.baseURL: found \"judge.example\", expected an address that begins with https:// "
        + "or http://, such as \"https://api.openai.com/v1\""
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "https://me:sk-1@judge.example"}}"#,
      "evaluation.judges[0].endpoint.baseURL: found an address with a user's name or a query, expected the address "
        + "alone; the key belongs in a variable of the environment, named by \"keyVariable\""
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "http://judge.example/v1", "#
        + #""keyVariable": "ANTIPODE_K"}}"#,
      "evaluation.judges[0].endpoint.keyVariable: found a key for \"http://judge.example/v1\", which would travel "
        + "unencrypted, expected an address that begins with https://, or null where the server wants no key"
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "https://judge.example/v1", "#
        + #""keyVariable": "GITHUB_TOKEN"}}"#,
      "evaluation.judges[0].endpoint.keyVariable: found \"GITHUB_TOKEN\", expected a name that begins with "
        + "\"ANTIPODE_\", such as \"ANTIPODE_JUDGE_KEY\", so that no manifest can send another secret away "
        + "(\"OPENAI_API_KEY\" goes to https://api.openai.com alone)"
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "#
        + #""https://api.openai.com.evil.example", "keyVariable": "OPENAI_API_KEY"}}"#,
      "evaluation.judges[0].endpoint.keyVariable: found \"OPENAI_API_KEY\", expected a name that begins with "
        + "\"ANTIPODE_\", such as \"ANTIPODE_JUDGE_KEY\", so that no manifest can send another secret away "
        + "(\"OPENAI_API_KEY\" goes to https://api.openai.com alone)"
    ),
    (
      #"{"name": "a/b", "question": "refusal", "model": "m"}"#,
      "evaluation.judges[0].name: found \"a/b\", expected a name without \"/\""
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "https://x", "timeout": 1e16}}"#,
      "evaluation.judges[0].endpoint.timeout: found 1e+16, expected at most a day: 86400 seconds"
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "https://x", "parameters": {"n": "#
        + #"2}}}"#,
      "evaluation.judges[0].endpoint.parameters.n: found a key that is not for change, "
        + "expected other keys, such as \"temperature\" or \"seed\""
    ),
    (
      #"{"name": "j", "question": "refusal", "endpoint": {"model": "m", "baseURL": "https://x", "key": "sk-1"}}"#,
      "evaluation.judges[0].endpoint.key: found the unknown key \"key\", expected one of \"baseURL\", \"model\", "
        + "\"keyVariable\", \"parameters\", \"concurrency\", \"retries\", \"timeout\""
    ),
  ])
  func whatIsWrongIsNamed(judge: String, message: String) throws {
    let error = try #require(throws: ManifestError.self) {
      try Manifest(manifest([JSONValue(parsing: judge)]))
    }
    #expect("\(error)" == message)
  }

  @Test(arguments: ["http://localhost:8000/v1", "http://127.0.0.1:9/v1/", "http://[::1]:8000/v1", "https://x.example"])
  func keysMayGoToThisMachineAndOverEncryption(address: String) throws {
    let endpoint: JSONValue = ["model": "m", "baseURL": .string(address), "keyVariable": "ANTIPODE_K"]
    let judge: JSONValue = ["name": "j", "question": "refusal", "endpoint": endpoint]
    #expect(throws: Never.self) { try Manifest(manifest([judge])) }
  }

  @Test func aFirstBaselineIsNeededToCompareWith() throws {
    let judge: JSONValue = [
      "name": "pairs", "question": "preference", "model": "a", "sets": ["good"], "against": "baseline",
    ]
    let error = try #require(throws: ManifestError.self) { try plan(manifest([judge])) }
    #expect(
      "\(error)" == "evaluation.judges[0].against: found \"baseline\" without a baseline that answers \"good\", "
        + "expected a first entry of \"baselines\" with this set, or \"reference\"")
  }

  @Test func resolvedJudgesReadAsThemselves() throws {
    let written = manifest([
      ["name": "guard", "question": "harmlessness", "model": "guard.gguf", "format": "llama-guard-3-1b"],
      ["name": "pairs", "question": "preference", "endpoint": server, "sets": ["good"]],
    ])
    let resolved = try Manifest(written).resolved
    #expect(try Manifest(resolved).resolved == resolved)
    #expect(resolved["evaluation"]?["judges"]?.array?[0]["maximumTokens"] == 24)
    #expect(resolved["evaluation"]?["judges"]?.array?[1]["endpoint"]?["keyVariable"] == "ANTIPODE_K")
  }

  @Test(
    arguments: [
      ("https://api.openai.com/v1", "OPENAI_API_KEY"), ("https://judge.example/v1", nil),
      ("https://api.openai.com.evil.example/v1", nil), ("http://localhost:8000/v1", nil),
    ] as [(String, String?)])
  func theDefaultKeyIsOpenAIsAlone(address: String, variable: String?) throws {
    let judge: JSONValue = [
      "name": "j", "question": "refusal", "endpoint": ["model": "m", "baseURL": .string(address)],
    ]
    #expect(try Manifest(manifest([judge])).settings.evaluation.judges[0].endpoint?.keyVariable == variable)
  }
}
