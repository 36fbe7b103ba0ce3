import Experiments
import Fingerprints
import Records
import Stages

/// How the soft prompts were tuned: a table over all of them, and loss curves of one pair.
struct TuningSection: Sendable {
  /// A prompt with what its artifact holds.
  private struct Prompt: Sendable {
    var role: String
    var fingerprint: Fingerprint
    var cells: [String]
    var steps: [TuningStep]
    var validations: [ValidationPoint]
    var problem: String?
  }

  private static let mostPoints = 60

  private let prompts: [Prompt]
  private let charted: [Fingerprint]

  init(results: ExperimentResults, store: ArtifactStore) {
    var prompts: [Prompt] = []
    for cell in results.record.cells {
      for stage in cell.stages where stage.kind == .prompt {
        if let index = prompts.firstIndex(where: { $0.fingerprint == stage.fingerprint }) {
          prompts[index].cells.append(cell.label)
        } else {
          prompts.append(Self.prompt(stage, cell: cell.label, store: store))
        }
      }
    }
    self.prompts = prompts
    func ownPrompts(_ cell: CellRecord) -> [Fingerprint] {
      cell.stages.filter { $0.kind == .prompt }.map(\.fingerprint)
    }
    let ofBest = results.best.map { ownPrompts($0.record) } ?? []
    charted = ofBest.isEmpty ? results.record.cells.lazy.map(ownPrompts).first { !$0.isEmpty } ?? [] : ofBest
  }

  private static func prompt(_ stage: StageReference, cell: String, store: ArtifactStore) -> Prompt {
    var prompt = Prompt(
      role: stage.name, fingerprint: stage.fingerprint, cells: [cell], steps: [], validations: [], problem: nil)
    do {
      guard let artifact = try store.artifact(stage.fingerprint) else {
        prompt.problem = "not in the store"
        return prompt
      }
      // Without steps, or without anchors to validate with, there is no row.
      let names = artifact.record.files.filter { $0.size > 0 }.map(\.name)
      if names.contains("steps.jsonl") {
        prompt.steps = try RowFile.read(TuningStep.self, from: artifact.file("steps.jsonl"))
      }
      if names.contains("validation.jsonl") {
        prompt.validations = try RowFile.read(ValidationPoint.self, from: artifact.file("validation.jsonl"))
      }
      if prompt.steps.isEmpty { prompt.problem = "not tuned" }
    } catch {
      prompt.problem = "\(error)"
    }
    return prompt
  }

  /// The section's text, or nil where the experiment has no prompts.
  var markdown: String? {
    guard !prompts.isEmpty else { return nil }
    var table = MarkdownTable([
      .init("prompt"), .init("hash"), .init("cells"), .init("steps", .right), .init("loss, first → last", .right),
      .init("validation, first → kept", .right), .init("kept step", .right),
    ])
    for prompt in prompts { table.append(row(for: prompt)) }
    let images = charts.map { "\n![Loss curves of the \($0.role) prompt](\($0.file.name))\n" }
    let isInStates = prompts.contains { $0.steps.contains { $0.losses.representation != nil } }
    return table.markdown
      + "\nLosses are the weighted totals, in nats a token"
      + (isInStates ? " (in hidden states, means over instructions)" : "")
      + "; the first and last are means over up to 10 steps.\n" + images.joined()
  }

  /// The loss curves.
  var files: [ReportFile] { charts.map(\.file) }

  private func row(for prompt: Prompt) -> [String] {
    let cells =
      prompt.cells.count > 3
      ? "\(prompt.cells.count) cells" : prompt.cells.map(MarkdownText.code).joined(separator: ", ")
    let start = [prompt.role, MarkdownText.code(prompt.fingerprint.short), cells]
    if let problem = prompt.problem { return start + [MarkdownText.escaped(problem)] }
    let totals = prompt.steps.map(\.losses.total)
    let kept = prompt.validations.last { $0.isKept }
    let validation = prompt.validations.first.flatMap { first in
      kept.map {
        NumberText.fixed(first.losses.total, decimals: 2) + " → " + NumberText.fixed($0.losses.total, decimals: 2)
      }
    }
    return start + [
      "\(prompt.steps.count)",
      NumberText.fixed(Self.mean(totals.prefix(10)), decimals: 2) + " → "
        + NumberText.fixed(Self.mean(totals.suffix(10)), decimals: 2),
      validation ?? "–", kept.map { "\($0.step)" } ?? "last",
    ]
  }

  private var charts: [(role: String, file: ReportFile)] {
    prompts.filter { charted.contains($0.fingerprint) && $0.problem == nil }.map { prompt in
      (prompt.role, ReportFile(name: "tuning-\(prompt.role).svg", contents: chart(of: prompt)))
    }
  }

  private func chart(of prompt: Prompt) -> String {
    let window = max(1, (prompt.steps.count + Self.mostPoints - 1) / Self.mostPoints)
    func curve(_ name: String, _ term: (TuningLosses) -> Double) -> LineChart.Series {
      let points = stride(from: 0, to: prompt.steps.count, by: window).map { start in
        let steps = prompt.steps[start..<min(start + window, prompt.steps.count)]
        return LineChart.Point(
          x: Self.mean(steps.map { Double($0.step) }), y: Self.mean(steps.map { term($0.losses) }))
      }
      return .init(name: name, points: points, showsMarkers: false)
    }
    var series = [curve("total") { $0.total }]
    if !prompt.validations.isEmpty {
      let points = prompt.validations.map { LineChart.Point(x: Double($0.step), y: $0.losses.total) }
      series.append(.init(name: "validation total", points: points))
    }
    let isInStates = prompt.steps.contains { $0.losses.representation != nil }
    if isInStates {
      series.append(curve("refusal") { $0.representation?.refusal ?? 0 })
      series.append(curve("harmfulness") { $0.representation?.harmfulness ?? 0 })
      series.append(curve("remainder") { $0.representation?.remainder ?? 0 })
    } else {
      series.append(curve("likelihood") { $0.likelihood })
      series.append(curve("unlikelihood") { $0.unlikelihood })
      series.append(curve("regularization") { $0.regularization })
    }
    if prompt.steps.contains(where: { $0.losses.harmlessRefusal != 0 }) {
      series.append(curve("harmless refusal") { $0.harmlessRefusal })
    }
    var notes = window > 1 ? ["Training curves: means over \(window) steps"] : []
    if let kept = prompt.validations.last(where: \.isKept) { notes.append("kept: the prompt after step \(kept.step)") }
    return LineChart(
      title: "Tuning of the \(prompt.role) prompt", note: notes.isEmpty ? nil : notes.joined(separator: "; "),
      xName: "optimizer step (steps)", yName: isInStates ? "loss (means over instructions)" : "loss (nats a token)",
      series: series
    ).svg
  }

  private static func mean(_ values: some Collection<Double>) -> Double {
    values.reduce(0, +) / Double(max(1, values.count))
  }
}
