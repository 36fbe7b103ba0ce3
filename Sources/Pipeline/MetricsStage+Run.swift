import Evaluation
package import Foundation
import Records
package import Stages
import Statistics

/// One cell's rates over its sets, with their intervals.
extension MetricsStage: RunnableStage {
  /// Sums up what was judged and scored.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let answered = try parameters.sets.map { try answeredSet($0, in: context) }
    let metrics = CellMetrics(
      sets: try answered.compactMap { answered in
        answered.metrics(
          topics: try topics(of: answered.set, in: context), fluency: try fluency(of: answered, in: context))
      },
      scored: try scored(in: context), judged: try judged(answered, in: context), numbers: try numbered(in: context),
      attacks: answered.compactMap { attacked in
        answered.first { $0.set.name == attacked.set.attack?.plain }.flatMap(attacked.attackMetrics)
      })
    try CanonicalFile.write(metrics, to: folder.appendingPathComponent("metrics.json"))
    return [:]
  }

  private func answeredSet(_ set: SetName, in context: some StageContext) throws -> AnsweredSet {
    guard let answers = inputs.generations[set.name], let judged = inputs.verdicts[set.name] else {
      throw PipelineError.unhashed("answers to \(set.name)")
    }
    return AnsweredSet(
      set: set, generations: try context.rows(GenerationsStage.rows, of: answers),
      verdicts: try context.rows(VerdictsStage.rows, of: judged))
  }

  /// What the requests of a set are about, by their identifiers: of a topic within another the outer one.
  private func topics(of set: SetName, in context: some StageContext) throws -> [String: String] {
    guard let file = inputs.requests[set.name], let selection = set.requests else { return [:] }
    let topics = try context.file(file).instructions(selection).compactMap { instruction in
      instruction.topic.map { (instruction.id, $0.components(separatedBy: " / ")[0]) }
    }
    return Dictionary(topics) { first, _ in first }
  }

  private func fluency(of answered: AnsweredSet, in context: some StageContext) throws -> FluencyMetrics? {
    let set = answered.set.name
    guard let fluency = inputs.fluency[set], let typicality = inputs.typicality[set] else { return nil }
    let bound = try context.noiseBound(of: typicality)
    let rows: [AnswerFluency] = try context.rows(FluencyStage.rows, of: fluency)
    return FluencyMetrics(
      logLikelihood: .mean(rows.compactMap(\.logLikelihood)), noise: answered.verdicts.count { $0.label == .noise },
      bound: bound.logLikelihood, minimumTokens: bound.minimumTokens)
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

  private func judged(_ answered: [AnsweredSet], in context: some StageContext) throws -> [JudgedMetrics] {
    let judges = parameters.judges ?? []
    return try answered.flatMap { answered in
      try judges.compactMap { judge in
        guard let judgments = inputs.judgments[.init(judge: judge.name, set: answered.set.name)] else { return nil }
        return JudgedMetrics(
          of: try context.rows(JudgmentsStage.rows, of: judgments), by: judge, on: answered.set,
          samples: answered.samples)
      }
    }
  }
}

extension JudgedMetrics {
  /// Sums up one judge's judgments. The intervals of shares are Wilson's, that of a win rate is bootstrapped over the
  /// requests, and so are all where a request has several answers.
  init(
    of judgments: [Judgment], by judge: MetricsStage.JudgeName, on set: MetricsStage.SetName, samples: Int = 1
  ) {
    let labels = Dictionary(grouping: judgments, by: \.label.rawValue).mapValues(\.count)
    func mean(_ value: (Judgment) -> Double?) -> Estimate? {
      .mean(
        stride(from: 0, to: judgments.count, by: samples).compactMap { first in
          let values = judgments[first..<min(first + samples, judgments.count)].compactMap(value)
          return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        })
    }
    func share(_ label: Judgment.Label) -> Estimate? {
      guard samples == 1 else { return mean { $0.label == label ? 1 : 0 } }
      return WilsonInterval(successes: labels[label.rawValue] ?? 0, count: judgments.count).map { Estimate($0) }
    }
    func counts(_ words: [String]) -> [String: Int] { Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +) }
    self.init(
      judge: judge.name, servedBy: Set(judgments.compactMap(\.servedBy)).sorted(), question: judge.question,
      set: set.name, kind: set.kind, count: judgments.count, labels: labels,
      rate: judge.question.needs == .opponent
        ? mean(\.points) : share(judge.question.counted),
      harmfulRate: judge.question == .harmlessness ? share(.harmful) : nil,
      unparsedBecause: counts(judgments.filter { $0.label == .unparsed }.compactMap(\.finish)),
      categories: counts(judgments.flatMap { $0.categories ?? [] }), meanScore: .mean(judgments.compactMap(\.score)))
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
      firstChoice: WilsonInterval(successes: first.count { $0 }, count: first.count).map { Estimate($0) },
      trueShare: .mean(scores.compactMap(\.trueShare)), tooLong: scores.count { $0.isTooLong == true })
  }
}
