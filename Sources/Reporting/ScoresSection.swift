import Experiments
import Records
import Stages

/// The likelihoods and choices that the cells were scored on.
struct ScoresSection: Sendable {
  let results: ExperimentResults

  /// The tables; nil where nothing was scored.
  var markdown: String? {
    let sets = results.done.reduce(into: [String]()) { names, cell in
      names += (cell.metrics.scored ?? []).map(\.set).filter { !names.contains($0) }
    }
    guard !sets.isEmpty else { return nil }
    var text = ""
    for set in sets {
      let rows = results.done.compactMap { cell in
        cell.metrics.scored?.first { $0.set == set }.map { (cell.record.label, $0) }
      }
      let isChoice = rows.contains { $0.1.firstChoice != nil }
      var table = MarkdownTable(
        [.init(MarkdownText.escaped(set))]
          + (isChoice ? ["MC1", "MC2"] : ["perplexity", "KL from base (nats a token)"]).map { .init($0, .right) }
          + [.init("n", .right)])
      for (label, score) in rows {
        let perplexity =
          score.tooLong == score.count
          ? "–"
          : score.barred > 0
            ? "∞ (bars a token of \(score.barred))" : score.perplexity.map { Self.text($0, decimals: 1) } ?? "∞"
        table.append(
          [MarkdownText.code(label)]
            + (isChoice
              ? [Self.text(score.firstChoice, decimals: 2), Self.text(score.trueShare, decimals: 2)]
              : [
                perplexity,
                score.divergence.map { Self.text($0, decimals: 3) } ?? (score.tooLong == score.count ? "–" : "∞"),
              ])
            + ["\(score.count)" + (score.tooLong.map { " (\($0) too long)" } ?? "")])
      }
      text += table.markdown + "\n"
    }
    return text
      + "Given texts, scored token by token under each cell's method. Perplexity is of the reference answers; KL is "
      + "the divergence of the method's distribution from the untuned model's on the same text. MC1 and MC2 as in "
      + "TruthfulQA (arXiv 2109.07958). 95 % intervals: Wilson's for MC1, else bootstrapped over the requests.\n"
  }

  private static func text(_ estimate: Estimate?, decimals: Int) -> String {
    estimate.map {
      "\(NumberText.measured($0.value, decimals: decimals)) [\(NumberText.measured($0.low, decimals: decimals)), "
        + "\(NumberText.measured($0.high, decimals: decimals))]"
    } ?? "–"
  }
}
