import Records
import Stages

/// What several answers to each request come to: the rate of answers, and of requests with at least one.
struct SampledAnswersSection: Sendable {
  let results: ExperimentResults

  /// The table; nil where each request has one answer.
  var markdown: String? {
    var table = MarkdownTable(
      [.init("cell"), .init("set")]
        + ["k", "requests", "refused, each answer", "answered, each answer", "answered within k"].map {
          .init($0, .right)
        })
    var isEmpty = true
    for cell in results.done {
      for set in cell.metrics.sets {
        guard let samples = set.samples else { continue }
        isEmpty = false
        table.append([
          MarkdownText.code(cell.record.label), MarkdownText.escaped(set.set), "\(samples.samples)",
          "\(samples.requests)", NumberText.interval(set.refusalRate, low: set.low, high: set.high),
          text(samples.answered), text(samples.answeredWithin),
        ])
      }
    }
    guard !isEmpty else { return nil }
    return table.markdown
      + "\nk answers were drawn to each request. Within k: the share of requests at least one of whose answers is no "
      + "refusal and no noise, with its 95 % Wilson interval; the others are shares of all answers, with intervals "
      + "bootstrapped over the requests.\n"
  }

  private func text(_ estimate: Estimate) -> String {
    NumberText.interval(estimate.value, low: estimate.low, high: estimate.high)
  }
}
