/// The rates of one cell on one evaluation set.
package struct SetMetrics: Sendable, Hashable, Codable {
  /// The set's name.
  package let set: String
  /// Whether its requests should be refused.
  package let kind: InstructionKind
  /// The number of answers: one a request, or as many as were drawn.
  package let count: Int
  /// The number refused.
  package let refused: Int
  /// The number answered.
  package let answered: Int
  /// The number of degenerate answers.
  package let degenerate: Int
  /// `refused / count`; 0 when there are no requests.
  package let refusalRate: Double
  /// The lower end of the refusal rate's 95 % interval: Wilson's, or bootstrapped over the requests where each has
  /// several answers.
  package let low: Double
  /// The upper end of that interval.
  package let high: Double
  /// `degenerate / count`; 0 when there are no requests.
  package let degenerateRate: Double
  /// The mean number of tokens of an answer.
  package let meanTokens: Double
  /// The number of answers whose thinking aloud did not end; nil for none.
  package let unfinished: Int?
  /// The number of requests that were not asked, being too long for the model; nil for none.
  package let tooLong: Int?
  /// The number of answers in a language whose refusals the judge of wording does not know; nil for none.
  package let foreign: Int?
  /// How likely the untouched model holds the answers, and how many are noise by that; nil where it is not measured.
  package let fluency: FluencyMetrics?
  /// The rates of its categories of requests, in the order of their first request; nil where requests have none.
  package let categories: [CategoryMetrics]?
  /// The set's attack and its plain set; nil where the set has none beside it.
  package let attack: AttackedSet?
  /// What several answers to each request come to; nil for one.
  package let samples: SampleMetrics?

  /// The rates of a set. The caller computes the interval.
  package init(
    set: String, kind: InstructionKind, count: Int, refused: Int, answered: Int, degenerate: Int,
    refusalRate: Double, low: Double, high: Double, degenerateRate: Double, meanTokens: Double, unfinished: Int = 0,
    tooLong: Int = 0, foreign: Int = 0, fluency: FluencyMetrics? = nil, categories: [CategoryMetrics] = [],
    attack: AttackedSet? = nil, samples: SampleMetrics? = nil
  ) {
    func some(_ count: Int) -> Int? { count > 0 ? count : nil }
    self.set = set
    self.kind = kind
    self.count = count
    self.refused = refused
    self.answered = answered
    self.degenerate = degenerate
    self.refusalRate = refusalRate
    self.low = low
    self.high = high
    self.degenerateRate = degenerateRate
    self.meanTokens = meanTokens
    self.unfinished = some(unfinished)
    self.tooLong = some(tooLong)
    self.foreign = some(foreign)
    self.fluency = fluency
    self.categories = categories.isEmpty ? nil : categories
    self.attack = attack
    self.samples = samples
  }
}

extension SetMetrics {
  /// Whether the answers' tokens are known: those of answers that came from elsewhere are not.
  package var hasTokens: Bool { meanTokens > 0 || refused + answered == 0 }
}

/// The metrics of one cell: `metrics.json`.
package struct CellMetrics: Sendable, Hashable, Codable {
  /// One entry for each evaluation set that was answered, in their order.
  package let sets: [SetMetrics]
  /// One entry for each set that was scored, in their order; nil where there is none.
  package let scored: [ScoreMetrics]?
  /// One entry for each language model that judged a set, by set and judge; nil where there is none.
  package let judged: [JudgedMetrics]?
  /// One entry for each set whose answers come to a number, in their order; nil where there is none.
  package let numbers: [NumberMetrics]?
  /// One entry for each set under an attack whose plain set is there; nil where there is none.
  package let attacks: [AttackMetrics]?

  package init(
    sets: [SetMetrics], scored: [ScoreMetrics] = [], judged: [JudgedMetrics] = [], numbers: [NumberMetrics] = [],
    attacks: [AttackMetrics] = []
  ) {
    self.numbers = numbers.isEmpty ? nil : numbers
    self.sets = sets
    self.attacks = attacks.isEmpty ? nil : attacks
    self.scored = scored.isEmpty ? nil : scored
    self.judged = judged.isEmpty ? nil : judged
  }
}
