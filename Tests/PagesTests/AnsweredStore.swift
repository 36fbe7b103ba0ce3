import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages

/// A store in a temporary folder with one experiment: two cells that answered a harmful and a harmless set, and a
/// judge.
struct AnsweredStore {
  let store: ArtifactStore
  let folder: URL

  /// An answer with what is said of it.
  struct Row {
    var id: String
    var text: String
    var label: Verdict.Label
    var judged: Judgment.Label?
  }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pages-tests-\(UUID().uuidString)")
    store = ArtifactStore(folder: folder.appending(path: "store"))
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  private func commit(_ stage: Stage, _ file: String, _ rows: [some Encodable]) throws -> Fingerprint {
    let pending = try store.begin(stage)
    try RowFile.write(rows, to: pending.folder.appending(path: file))
    return try store.commit(pending, environment: [:]).record.fingerprint
  }

  func cell(_ label: String, isBaseline: Bool = false, answers: [InstructionKind: [Row]]) throws -> CellRecord {
    var stages: [StageReference] = [], sets: [SetMetrics] = [], judged: [JudgedMetrics] = []
    for kind in InstructionKind.allCases {
      let rows = answers[kind] ?? [], set = "\(kind.rawValue) set"
      guard !rows.isEmpty else { continue }
      let name: JSONValue = ["cell": .string(label), "set": .string(set)]
      func stage(_ kind: StageKind) -> Stage {
        Stage(kind: kind, version: 1, parameters: name, inputs: [], seed: nil, label: "")
      }
      let generations = rows.map { row in
        Generation(
          id: row.id, instruction: "Request \(row.id) </script><b>", text: row.text, tokens: [1, 2, 3], finish: .end)
      }
      stages.append(
        StageReference(
          kind: .generations, name: set,
          fingerprint: try commit(stage(.generations), "generations.jsonl", generations)))
      let verdicts = rows.map { Verdict(id: $0.id, label: $0.label, phrase: $0.label == .refused ? "I can't" : nil) }
      stages.append(
        StageReference(
          kind: .verdicts, name: set, fingerprint: try commit(stage(.verdicts), "verdicts.jsonl", verdicts)))
      let judgments = rows.compactMap { row in row.judged.map { Judgment(id: row.id, label: $0, replies: ["REPLY"]) } }
      if !judgments.isEmpty {
        stages.append(
          StageReference(
            kind: .judgments, name: StageReference.judgmentsName(judge: "guard", set: set),
            fingerprint: try commit(stage(.judgments), "judgments.jsonl", judgments)))
        judged.append(
          JudgedMetrics(
            judge: "guard", question: .harmlessness, set: set, kind: kind, count: rows.count, labels: [:], rate: nil))
      }
      sets.append(
        SetMetrics(
          set: set, kind: kind, count: rows.count, refused: 0, answered: rows.count, degenerate: 0, refusalRate: 0,
          low: 0, high: 1, degenerateRate: 0, meanTokens: 3))
    }
    // Every planned cell has one; the index leaves out what has none.
    stages.append(StageReference(kind: .metrics, name: "", fingerprint: Fingerprint(of: .string(label))))
    return CellRecord(
      label: label, overrides: [], isBaseline: isBaseline, stages: stages,
      metrics: CellMetrics(sets: sets, judged: judged), failure: nil)
  }

  /// Answers that come to a number: the right one, another, none, and none for want of room.
  /// - Parameter kind: What the manifest says of the set.
  func numbers(kind: InstructionKind = .harmless) throws -> ExperimentRecord {
    func stage(_ kind: StageKind) -> Stage {
      Stage(kind: kind, version: 1, parameters: ["set": "sums"], inputs: [], seed: nil, label: "")
    }
    let texts = ["2 + 2 = 4", "It is 5.", "Who knows?", ""]
    let generations = texts.enumerated().map { place, text in
      Generation(
        id: "n\(place)", instruction: "What is 2 + 2?", text: text, tokens: [1, 2],
        finish: text.isEmpty ? .tooLong : .end)
    }
    let found = ["4", "5", nil, nil]
    let numbers = found.enumerated().map { place, digits in
      NumberAnswer(id: "n\(place)", expected: "4", found: digits, isTooLong: place == 3)
    }
    let stages = [
      StageReference(
        kind: .generations, name: "sums",
        fingerprint: try commit(stage(.generations), "generations.jsonl", generations)),
      StageReference(
        kind: .numbers, name: "sums", fingerprint: try commit(stage(.numbers), "numbers.jsonl", numbers)),
      StageReference(kind: .metrics, name: "", fingerprint: Fingerprint(of: "sums")),
    ]
    let metrics = NumberMetrics(
      set: "sums", count: 4, right: 1, rate: Estimate(value: 0.25, low: 0, high: 1), withoutNumber: 1, meanTokens: 2,
      tooLong: 1)
    let cell = CellRecord(
      label: "base", overrides: [], isBaseline: true, stages: stages,
      metrics: CellMetrics(sets: [], numbers: [metrics]), failure: nil)
    let set: JSONValue = [
      "name": "sums", "kind": .string(kind.rawValue), "file": "a.jsonl", "measure": "number",
    ]
    let manifest: JSONValue = [
      "name": "sums", "evaluation": ["sets": [set]], "baselines": [["decoding.method": "base"]],
    ]
    let record = ExperimentRecord(
      fingerprint: Fingerprint(of: "sums"), name: "sums", question: "", cells: [cell],
      started: Date(timeIntervalSince1970: 1_770_000_000), finished: nil, environment: [:], toolVersion: "0.1.0")
    try store.write(record, manifest: Data(manifest.canonical.utf8))
    return record
  }

  /// Refusals of every kind, an answer that is not one, and harmless ones with markup in them.
  func experiment() throws -> ExperimentRecord {
    let long = "I can't help with that. " + String(repeating: "Please ask me something else. ", count: 20) + "BEHIND"
    let cells = [
      try cell(
        "base", isBaseline: true,
        answers: [
          .harmful: [
            Row(id: "a", text: "SECRET one", label: .answered, judged: .harmful),
            Row(id: "b", text: "I can't do that.", label: .refused, judged: .harmless),
            Row(id: "c", text: "SECRET two", label: .degenerate, judged: .degenerate),
          ],
          .harmless: [
            Row(id: "d", text: "Of course </script><script>alert(1)</script> <!-- \u{2028} & so.", label: .answered)
          ],
        ]),
      try cell(
        "opposite",
        answers: [
          .harmful: [
            Row(id: "a", text: long, label: .refused, judged: .harmless),
            Row(id: "b", text: "I can't, but SECRET three", label: .refused, judged: .harmful),
            Row(id: "c", text: "", label: .degenerate, judged: .degenerate),
          ],
          .harmless: [Row(id: "d", text: "I can't say.", label: .refused)],
        ]),
    ]
    let manifest = """
      { "name": "sample",
        "evaluation": { "sets": [{ "name": "harmful set", "kind": "harmful", "file": "a.jsonl" }] },
        "baselines": [{ "decoding.method": "base" }], "sweep": { "decoding.method": ["opposite"] } }
      """
    let record = ExperimentRecord(
      fingerprint: Fingerprint(of: "sample"), name: "sample </script>", question: "Which?", cells: cells,
      started: Date(timeIntervalSince1970: 1_770_000_000), finished: nil, environment: [:], toolVersion: "0.1.0")
    try store.write(record, manifest: Data(manifest.utf8))
    return record
  }
}
