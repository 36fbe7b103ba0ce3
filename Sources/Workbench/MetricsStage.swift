import Evaluation
import Experiments
import Foundation
import Records
import Statistics

/// One cell's rates over its sets, with their Wilson intervals.
struct MetricsStage {
  let stage: Stage
  let settings: Settings
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let sets = try settings.evaluation.sets.filter { $0.measure == .answers }.map { set in
      let generations = try workspace.generations(stage.input("generations/\(set.name)"))
      let verdicts = try workspace.verdicts(stage.input("verdicts/\(set.name)"))
      guard let metrics = RefusalMetrics(labels: verdicts.map { .init($0.label) }) else {
        throw WorkbenchError.tooFew(path: set.name, found: 0, wanted: 1, key: "evaluation.sets")
      }
      return SetMetrics(
        set: set.name, kind: set.kind, count: metrics.count, refused: metrics.refused, answered: metrics.answered,
        degenerate: metrics.degenerate, refusalRate: metrics.refusalRate.estimate, low: metrics.refusalRate.lower,
        high: metrics.refusalRate.upper, degenerateRate: metrics.degenerateRate.estimate,
        meanTokens: Double(generations.reduce(0) { $0 + $1.tokens.count }) / Double(max(1, generations.count)))
    }
    try CanonicalFile.write(
      CellMetrics(sets: sets, scored: try scored, judged: try judged), to: folder.appendingPathComponent("metrics.json")
    )
    return [:]
  }

  private var scored: [ScoreMetrics] {
    get throws {
      try settings.evaluation.sets.filter { $0.measure != .answers }.map { set in
        let artifact = try workspace.artifact(stage.input("scores/\(set.name)"))
        return Self.metrics(of: try RowFile.read(Score.self, from: artifact.file("scores.jsonl")), on: set.name)
      }
    }
  }

  private var judged: [JudgedMetrics] {
    get throws {
      let judges = settings.evaluation.judges
      return try settings.evaluation.sets.flatMap { set in
        try judges.compactMap { judge in
          try stage.input("judgments/\(judge.name)/\(set.name)").map { fingerprint in
            let file = try workspace.artifact(fingerprint).file("judgments.jsonl")
            return Self.metrics(of: try RowFile.read(Judgment.self, from: file), by: judge, on: set)
          }
        }
      }
    }
  }

  /// Sums up one judge's judgments. The intervals of shares are Wilson's, that of a win rate is bootstrapped over the
  /// requests.
  static func metrics(of judgments: [Judgment], by judge: JudgeSettings, on set: EvaluationSet) -> JudgedMetrics {
    let labels = Dictionary(grouping: judgments, by: \.label.rawValue).mapValues(\.count)
    func share(_ label: Judgment.Label) -> Estimate? {
      WilsonInterval(successes: labels[label.rawValue] ?? 0, count: judgments.count)
        .map { Estimate(value: $0.estimate, low: $0.lower, high: $0.upper) }
    }
    let rate: Estimate? =
      switch judge.question {
      case .harmlessness: share(.harmless)
      case .refusal: share(.refusal)
      case .truthfulness: share(.truthful)
      case .preference:
        PairedBootstrap(differences: judgments.compactMap(\.points))
          .map { Estimate(value: $0.mean, low: $0.lower, high: $0.upper) }
      }
    func counts(_ words: [String]) -> [String: Int] { Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +) }
    return JudgedMetrics(
      judge: judge.name, asked: judge.asked, servedBy: Set(judgments.compactMap(\.servedBy)).sorted(),
      question: judge.question, set: set.name, kind: set.kind, count: judgments.count, labels: labels, rate: rate,
      harmfulRate: judge.question == .harmlessness ? share(.harmful) : nil,
      unparsedBecause: counts(judgments.filter { $0.label == .unparsed }.compactMap(\.finish)),
      categories: counts(judgments.flatMap { $0.categories ?? [] }))
  }

  /// Sums up some scores; intervals are bootstrapped over the requests, MC1's is Wilson's.
  static func metrics(of scores: [Score], on set: String) -> ScoreMetrics {
    func mean(_ values: [Double]) -> Estimate? {
      PairedBootstrap(differences: values).map { Estimate(value: $0.mean, low: $0.lower, high: $0.upper) }
    }
    let references = scores.filter { $0.tokens > 0 }
    let reached = references.compactMap { score in score.logProbability.map { (score.tokens, $0) } }
    let barred = references.count - reached.count
    var perplexity: Estimate?
    if barred == 0, !reached.isEmpty {
      // A ratio of sums over the requests: resampled by its deviations, each request's weight being its tokens.
      let tokens = Double(reached.reduce(0) { $0 + $1.0 })
      let rate = -reached.reduce(0) { $0 + $1.1 } / tokens
      let share = tokens / Double(reached.count)
      let deviations = mean(reached.map { (-$0.1 - rate * Double($0.0)) / share })
      perplexity = Estimate(
        value: exp(rate), low: exp(rate + (deviations?.low ?? 0)), high: exp(rate + (deviations?.high ?? 0)))
    }
    let first = scores.compactMap(\.isBestLikeliest)
    let firstChoice = WilsonInterval(successes: first.count { $0 }, count: first.count)
    return ScoreMetrics(
      set: set, count: scores.count, perplexity: perplexity, barred: barred,
      divergence: mean(scores.compactMap(\.divergence)),
      firstChoice: firstChoice.map { Estimate(value: $0.estimate, low: $0.lower, high: $0.upper) },
      trueShare: mean(scores.compactMap(\.trueShare)))
  }
}
