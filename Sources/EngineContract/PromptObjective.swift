package import Compute
package import Stages

/// The loss of a soft prompt over anchor pairs, Equations 3 and 4, as an engine computes it. It may keep memory from
/// step to step.
package protocol PromptObjective {
  /// The loss's terms over some pairs, and the gradient of their weighted sum where it is wanted.
  /// - Parameters:
  ///   - softPrompt: z, `[P, d]`.
  ///   - pairs: The pairs, in any order; those of a term whose weight is 0 and that the paper lacks are left out.
  mutating func value(of softPrompt: Matrix, on pairs: [TrainingPair], wantsGradient: Bool) throws -> ObjectiveValue
}

/// The terms of the loss over some pairs, each a mean over its tokens, before the weights.
package struct ObjectiveValue: Sendable, Equatable {
  /// L_p.
  package var likelihood = 0.0
  /// L_n.
  package var unlikelihood = 0.0
  /// L_r.
  package var regularization = 0.0
  /// Our own term; 0 where its weight is 0.
  package var harmlessRefusal = 0.0
  /// The sum of the terms times their weights.
  package var total = 0.0
  /// The terms of a loss in hidden states, where it is one; the others are then 0.
  package var representation: RepresentationLosses?
  /// Response tokens that the terms are means over; of a loss in hidden states, the instructions.
  package var tokens = 0
  /// The gradient of the total to the soft prompt, `[P, d]`, where it was asked for.
  package var gradient: Matrix?

  package init(
    likelihood: Double = 0, unlikelihood: Double = 0, regularization: Double = 0, harmlessRefusal: Double = 0,
    representation: RepresentationLosses? = nil, total: Double = 0, tokens: Int = 0, gradient: Matrix? = nil
  ) {
    self.representation = representation
    self.likelihood = likelihood
    self.unlikelihood = unlikelihood
    self.regularization = regularization
    self.harmlessRefusal = harmlessRefusal
    self.total = total
    self.tokens = tokens
    self.gradient = gradient
  }
}

/// An instruction and a response as token ids.
package struct TrainingPair: Sendable, Equatable {
  /// The instruction and everything up to the response's first token.
  package var turn: [Int]
  /// The response, with the token that ends it.
  package var response: [Int]
  /// The set that the pair belongs to.
  package var category: AnchorPair.Category
  /// The number of the instruction in its file; a harmful instruction and its harmless twin have the same.
  package var twins: Int

  /// A pair; both parts must hold at least one token.
  package init(turn: [Int], response: [Int], category: AnchorPair.Category, twins: Int = 0) {
    precondition(!turn.isEmpty && !response.isEmpty, "a pair needs an instruction and a response")
    self.turn = turn
    self.response = response
    self.category = category
    self.twins = twins
  }
}

/// What a soft prompt's rows are before the first step (Equation 1 and the paper's alternatives).
package enum PromptStart: Sendable, Equatable {
  /// The embeddings of a text's tokens, repeated or cut to the length where one is given.
  case tokens([Int], length: Int?)
  /// Normal random numbers; `scale` nil takes the embedding table's own standard deviation.
  case random(length: Int, scale: Double?)
  /// Rows drawn from the embedding table, all tokens alike.
  case vocabulary(length: Int)
}
