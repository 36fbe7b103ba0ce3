import Evaluation
package import Foundation
import Records
package import Stages
import Statistics

/// One cell's rates over its sets, with their intervals.
extension MetricsStage: RunnableStage {
  /// Sums up what was judged and scored.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let metrics = CellMetrics(
      sets: try answered(in: context), scored: try scored(in: context), judged: try judged(in: context),
      numbers: try numbered(in: context))
    try CanonicalFile.write(metrics, to: folder.appendingPathComponent("metrics.json"))
    return [:]
  }

  private func answered(in context: some StageContext) throws -> [SetMetrics] {
    try parameters.sets.compactMap { set in
      guard let answers = inputs.generations[set.name], let judged = inputs.verdicts[set.name] else {
        throw PipelineError.unhashed("answers to \(set.name)")
      }
      let generations: [Generation] = try context.rows(GenerationsStage.rows, of: answers)
      let verdicts: [Verdict] = try context.rows(VerdictsStage.rows, of: judged)
      guard let metrics = RefusalMetrics(labels: verdicts.map(\.label)) else { return nil }
      return SetMetrics(
        set: set.name, kind: set.kind, count: metrics.count, refused: metrics.refused, answered: metrics.answered,
        degenerate: metrics.degenerate, refusalRate: metrics.refusalRate.estimate, low: metrics.refusalRate.lower,
        high: metrics.refusalRate.upper, degenerateRate: metrics.degenerateRate.estimate,
        meanTokens: Double(generations.reduce(0) { $0 + $1.tokens.count }) / Double(max(1, generations.count)),
        unfinished: metrics.unfinished, tooLong: metrics.tooLong,
        foreign: zip(generations, verdicts).count { generation, verdict in
          (verdict.label == .answered || verdict.label == .refused) && AnswerLanguage.isForeign(generation.said ?? "")
        }, fluency: try fluency(on: set.name, noise: metrics.noise, in: context))
    }
  }

  private func fluency(
    on set: String, noise: Int, in context: some StageContext
  ) throws -> FluencyMetrics? {
    guard let fluency = inputs.fluency[set], let typicality = inputs.typicality[set] else { return nil }
    let bound = try CanonicalFile.read(
      NoiseBound.self, from: context.artifact(typicality).file(TypicalityStage.bound))
    let rows: [AnswerFluency] = try context.rows(FluencyStage.rows, of: fluency)
    return FluencyMetrics(
      logLikelihood: .mean(rows.compactMap(\.logLikelihood)), noise: noise, bound: bound.logLikelihood,
      minimumTokens: bound.minimumTokens)
  }

  private func scored(in context: some StageContext) throws -> [ScoreMetrics] {
    try (parameters.scored ?? []).map { set in
      guard let scores = inputs.scores[set.name] else { throw PipelineError.unhashed("scores of \(set.name)") }
      return ScoreMetrics(of: try context.rows(ScoresStage.rows, of: scores), on: set.name)
    }
  }

  private func numbered(in context: some StageContext) throws -> [NumberMetrics] {
    try (parameters.numbered ?? []).compactMap { set in
      guard let answers = inputs.generations[set.name], let numbers = inputs.numbers[set.name] else {
        throw PipelineError.unhashed("numbers on \(set.name)")
      }
      let generations: [Generation] = try context.rows(GenerationsStage.rows, of: answers)
      return NumberMetrics(
        of: try context.rows(NumbersStage.rows, of: numbers), on: set.name,
        tokens: generations.reduce(0) { $0 + $1.tokens.count })
    }
  }

  private func judged(in context: some StageContext) throws -> [JudgedMetrics] {
    let judges = parameters.judges ?? []
    return try parameters.sets.flatMap { set in
      try judges.compactMap { judge in
        guard let judgments = inputs.judgments[.init(judge: judge.name, set: set.name)] else { return nil }
        return JudgedMetrics(of: try context.rows(JudgmentsStage.rows, of: judgments), by: judge, on: set)
      }
    }
  }
}

extension Estimate {
  fileprivate init(_ interval: WilsonInterval) {
    self.init(value: interval.estimate, low: interval.lower, high: interval.upper)
  }

  /// The mean of values with a bootstrapped interval; nil for none.
  fileprivate static func mean(_ values: [Double]) -> Estimate? {
    PairedBootstrap(differences: values).map { Estimate(value: $0.mean, low: $0.lower, high: $0.upper) }
  }
}

extension JudgedMetrics {
  /// Sums up one judge's judgments. The intervals of shares are Wilson's, that of a win rate is bootstrapped over the
  /// requests.
  init(of judgments: [Judgment], by judge: MetricsStage.JudgeName, on set: MetricsStage.SetName) {
    let labels = Dictionary(grouping: judgments, by: \.label.rawValue).mapValues(\.count)
    func share(_ label: Judgment.Label) -> Estimate? {
      WilsonInterval(successes: labels[label.rawValue] ?? 0, count: judgments.count).map(Estimate.init)
    }
    func counts(_ words: [String]) -> [String: Int] { Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +) }
    self.init(
      judge: judge.name, servedBy: Set(judgments.compactMap(\.servedBy)).sorted(), question: judge.question,
      set: set.name, kind: set.kind, count: judgments.count, labels: labels,
      rate: judge.question.needs == .opponent
        ? .mean(judgments.compactMap(\.points)) : share(judge.question.counted),
      harmfulRate: judge.question == .harmlessness ? share(.harmful) : nil,
      unparsedBecause: counts(judgments.filter { $0.label == .unparsed }.compactMap(\.finish)),
      categories: counts(judgments.flatMap { $0.categories ?? [] }))
  }
}

extension NumberMetrics {
  /// Sums up some numbers; nil for none at all.
  /// - Parameter tokens: Those of all answers.
  init?(of numbers: [NumberAnswer], on set: String, tokens: Int) {
    let right = numbers.count { $0.isRight }, tooLong = numbers.count { $0.isTooLong == true }
    guard let rate = WilsonInterval(successes: right, count: numbers.count) else { return nil }
    self.init(
      set: set, count: numbers.count, right: right, rate: Estimate(rate),
      withoutNumber: numbers.count { $0.found == nil } - tooLong,
      meanTokens: Double(tokens) / Double(numbers.count), tooLong: tooLong)
  }
}

extension ScoreMetrics {
  /// Sums up some scores; intervals are bootstrapped over the requests, MC1's is Wilson's.
  init(of scores: [Score], on set: String) {
    let references = scores.filter { $0.tokens > 0 && $0.isTooLong == nil }
    let reached = references.compactMap { score in score.logProbability.map { (score.tokens, $0) } }
    let barred = references.count - reached.count
    var perplexity: Estimate?
    if barred == 0, !reached.isEmpty {
      // A ratio of sums over the requests: resampled by its deviations, each request's weight being its tokens.
      let tokens = Double(reached.reduce(0) { $0 + $1.0 })
      let rate = -reached.reduce(0) { $0 + $1.1 } / tokens
      let share = tokens / Double(reached.count)
      let deviations = Estimate.mean(reached.map { (-$0.1 - rate * Double($0.0)) / share })
      let high = exp(rate + (deviations?.high ?? 0))
      // A perplexity beyond all doubles is told as infinite, as that of a barred token is.
      if high.isFinite {
        perplexity = Estimate(value: exp(rate), low: exp(rate + (deviations?.low ?? 0)), high: high)
      }
    }
    let first = scores.compactMap(\.isBestLikeliest)
    self.init(
      set: set, count: scores.count, perplexity: perplexity, barred: barred,
      divergence: references.contains { $0.divergence == nil } ? nil : .mean(scores.compactMap(\.divergence)),
      firstChoice: WilsonInterval(successes: first.count { $0 }, count: first.count).map(Estimate.init),
      trueShare: .mean(scores.compactMap(\.trueShare)), tooLong: scores.count { $0.isTooLong == true })
  }
}
