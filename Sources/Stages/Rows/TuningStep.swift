/// The terms of the objective, each before its weight, in nats a token; the total is weighted.
package struct TuningLosses: Sendable, Hashable, Codable {
  /// L_p: the likelihood term.
  package let likelihood: Double
  /// L_n: the unlikelihood term.
  package let unlikelihood: Double
  /// L_r: the likelihood of harmless answers.
  package let regularization: Double
  /// The unlikelihood of refusing harmless requests (this project's own term; off by default).
  package let harmlessRefusal: Double
  /// The weighted sum.
  package let total: Double

  package init(
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
package struct TuningStep: Sendable, Hashable, Codable {
  /// The step, counted from 1.
  package let step: Int
  /// The losses on the step's pairs, before the update.
  package let losses: TuningLosses
  /// The Euclidean norm of the gradient before clipping.
  package let gradientNorm: Double
  /// The learning rate of the step.
  package let learningRate: Double
  /// The number of response tokens that the losses average over.
  package let tokens: Int

  package init(step: Int, losses: TuningLosses, gradientNorm: Double, learningRate: Double, tokens: Int) {
    self.step = step
    self.losses = losses
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
    self.tokens = tokens
  }
}

/// One validation on the anchors kept from tuning: a row of `validation.jsonl`.
package struct ValidationPoint: Sendable, Hashable, Codable {
  /// The number of steps done; 0 is the start.
  package let step: Int
  /// The losses on the validation share.
  package let losses: TuningLosses
  /// The refusal rate on held harmful instructions minus that on held harmless ones; nil where it was not measured.
  package let refusalGap: Double?
  /// Whether this step's prompt is the one that was kept.
  package let isKept: Bool

  package init(step: Int, losses: TuningLosses, refusalGap: Double?, isKept: Bool) {
    self.step = step
    self.losses = losses
    self.refusalGap = refusalGap
    self.isKept = isKept
  }
}
