/// The terms of the objective, each before its weight, in nats a token; the total is weighted.
public struct TuningLosses: Sendable, Hashable, Codable {
  /// L_p: the likelihood term.
  public let likelihood: Double
  /// L_n: the unlikelihood term.
  public let unlikelihood: Double
  /// L_r: the likelihood of harmless answers.
  public let regularization: Double
  /// The unlikelihood of refusing harmless requests (this project's own term; off by default).
  public let harmlessRefusal: Double
  /// The weighted sum.
  public let total: Double

  /// The terms.
  public init(
    likelihood: Double, unlikelihood: Double, regularization: Double, harmlessRefusal: Double, total: Double
  ) {
    self.likelihood = likelihood
    self.unlikelihood = unlikelihood
    self.regularization = regularization
    self.harmlessRefusal = harmlessRefusal
    self.total = total
  }
}

/// One optimizer step: a row of `steps.jsonl`.
public struct TuningStep: Sendable, Hashable, Codable {
  /// The step, counted from 1.
  public let step: Int
  /// The losses on the step's pairs, before the update.
  public let losses: TuningLosses
  /// The Euclidean norm of the gradient before clipping.
  public let gradientNorm: Double
  /// The learning rate of the step.
  public let learningRate: Double
  /// The number of response tokens that the losses average over.
  public let tokens: Int

  /// A step.
  public init(step: Int, losses: TuningLosses, gradientNorm: Double, learningRate: Double, tokens: Int) {
    self.step = step
    self.losses = losses
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
    self.tokens = tokens
  }
}

/// One validation on the anchors kept from tuning: a row of `validation.jsonl`.
public struct ValidationPoint: Sendable, Hashable, Codable {
  /// The number of steps done; 0 is the start.
  public let step: Int
  /// The losses on the validation share.
  public let losses: TuningLosses
  /// The refusal rate on held harmful instructions minus that on held harmless ones; nil where it was not measured.
  public let refusalGap: Double?
  /// Whether this step's prompt is the one that was kept.
  public let isKept: Bool

  /// A validation.
  public init(step: Int, losses: TuningLosses, refusalGap: Double?, isKept: Bool) {
    self.step = step
    self.losses = losses
    self.refusalGap = refusalGap
    self.isKept = isKept
  }
}
