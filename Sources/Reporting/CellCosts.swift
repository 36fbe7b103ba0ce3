import Records
import Stages

/// What the answers of an experiment's cells took: how often the model is run for a token, and how fast that was.
///
/// The number of streams belongs to the method and is the same everywhere. Times are of the machine at the time, from
/// the records of the cells' answers, and in no hash.
struct CellCosts: Sendable {
  /// The cost of one cell.
  struct Cost: Sendable {
    /// How many times a model is run for a token.
    var streams: Int
    /// Tokens of answers a second over all sets, prompts and loading included; nil where some answers were made in
    /// more than one run, or none has a token.
    var tokensPerSecond: Double?
  }

  private var costs: [(label: String, cost: Cost)] = []

  /// No cost is known.
  init() {}

  /// The costs of the cells that are done, as far as the store holds their answers.
  init(results: ExperimentResults, store: ArtifactStore) {
    for cell in results.done {
      let records = cell.record.stages.filter { $0.kind == .generations }.compactMap {
        try? store.artifact($0.fingerprint)?.record
      }
      let streams = records.compactMap { record in
        (try? record.stage.parameters(of: GenerationsStage.self))?.method.streams.count
      }
      guard let most = streams.max() else { continue }
      let isWhole = records.allSatisfy { $0.counters["answersBefore"] == nil }
      let tokens = records.compactMap { $0.counters["tokens"] }.reduce(0, +)
      let seconds = records.map(\.seconds).reduce(0, +)
      costs.append(
        (
          cell.record.label,
          Cost(streams: most, tokensPerSecond: isWhole && tokens > 0 && seconds > 0 ? tokens / seconds : nil)
        ))
    }
  }

  /// Whether no cell's cost is known.
  var isEmpty: Bool { costs.isEmpty }

  /// The cost of a cell, or nil.
  subscript(label: String) -> Cost? { costs.first { $0.label == label }?.cost }

  /// The table of all cells; nil where nothing is known.
  var markdown: String? {
    guard !costs.isEmpty else { return nil }
    let single = costs.first { $0.cost.streams == 1 && $0.cost.tokensPerSecond != nil }
    var table = MarkdownTable([
      .init("cell"), .init("streams", .right), .init("tokens a second", .right), .init("of one stream's", .right),
    ])
    for (label, cost) in costs {
      let ratio = single?.cost.tokensPerSecond.flatMap { one in cost.tokensPerSecond.map { $0 / one } }
      table.append([
        MarkdownText.code(label), "\(cost.streams)",
        cost.tokensPerSecond.map { NumberText.fixed($0, decimals: 0) } ?? "–",
        ratio.map { NumberText.fixed($0, decimals: 2) } ?? "–",
      ])
    }
    return table.markdown
      + "\nStreams are how many times the model is run for a token. Tokens a second are those of the answers, over all "
      + "sets, by the times in the records: with prompts and loading, on the machine and under the load of the time. "
      + (single.map { "One stream's are those of \(MarkdownText.code($0.label)). " } ?? "")
      + "They are in no hash, and differ from run to run.\n"
  }
}
