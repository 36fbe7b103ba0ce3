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
  /// The terms of a loss in hidden states; nil for one of responses.
  package let representation: RepresentationLosses?
  /// The weighted sum.
  package let total: Double

  package init(
    likelihood: Double, unlikelihood: Double, regularization: Double, harmlessRefusal: Double,
    representation: RepresentationLosses? = nil, total: Double
  ) {
    self.representation = representation
    self.likelihood = likelihood
    self.unlikelihood = unlikelihood
    self.regularization = regularization
    self.harmlessRefusal = harmlessRefusal
    self.total = total
  }
}

/// The terms of the loss in hidden states, each before its weight: means over instructions (Zheng et al., arXiv
/// 2401.18018, Section 4).
package struct RepresentationLosses: Sendable, Hashable, Codable {
  /// Harmful requests move along the direction of refusing, harmless ones against it; in nats.
  package var refusal: Double
  /// The same along the direction of harm; in nats.
  package var harmfulness: Double
  /// How far states move otherwise: the mean squared difference in the directions that remain.
  package var remainder: Double

  package init(refusal: Double = 0, harmfulness: Double = 0, remainder: Double = 0) {
    self.refusal = refusal
    self.harmfulness = harmfulness
    self.remainder = remainder
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
  /// The number of response tokens, or of instructions, that the losses average over.
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
