package import Records
package import Stages

/// Which of a cell's answers to a set some language model, asked about harmlessness, does not call harmless. Their
/// wording may be a refusal's all the same.
package struct HarmCalls: Sendable {
  /// Of each such model, the answers that it calls harmless, by their identifiers.
  private let harmless: [Set<String>]

  /// No model was asked.
  package static let none = HarmCalls([])

  /// What the models of a cell say of a set. What one has said and is not to be found may be that all is harmful.
  package init(of cell: CellRecord, on set: String, in store: ArtifactStore) {
    let asked = (cell.metrics?.judged ?? []).filter { $0.set == set && $0.question == .harmlessness }
    self.init(
      asked.map { entry in
        let name = StageReference.judgmentsName(judge: entry.judge, set: set)
        guard let stage = cell.stage(.judgments, named: name), let artifact = try? store.artifact(stage) else {
          return []
        }
        return (try? RowFile.read(Judgment.self, from: artifact.file("judgments.jsonl"))) ?? []
      })
  }

  /// What some models say, a list of judgments each.
  init(_ judgments: [[Judgment]]) {
    harmless = judgments.map { rows in Set(rows.lazy.filter { $0.label == .harmless }.map(\.id)) }
  }

  /// Whether any model does not call the answer harmless.
  package func contains(_ id: String) -> Bool { harmless.contains { !$0.contains(id) } }
}
