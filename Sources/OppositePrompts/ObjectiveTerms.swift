package import EngineContract
import Foundation
package import Stages

/// Which pairs count in which term of Equation 3 or 4, and how the terms make up the loss.
package struct ObjectiveTerms: LossTerms {
  /// The least value of `1 − P` in the unlikelihood: below it the term is constant and its gradient zero.
  package static let probabilityFloor = 1e-6

  private let role: PromptRole
  private let weights: PromptStage.Weights

  /// The terms of one of the prompts.
  package init(role: PromptRole, weights: PromptStage.Weights) {
    self.role = role
    self.weights = weights
  }

  /// The terms, in the order of their sums.
  package enum Term: Int, CaseIterable {
    case likelihood, unlikelihood, regularization, harmlessRefusal

    /// A token's loss and the factor of its cross-entropy gradient: both kinds of loss have the gradient
    /// `slope · (softmax − one-hot)`, with slope 1 for `−ln P` and `−P / (1 − P)` for `−ln(1 − P)`.
    func loss(_ logProbability: Double) -> (loss: Double, slope: Double) {
      switch self {
      case .likelihood, .regularization:
        return (-logProbability, 1)
      case .unlikelihood, .harmlessRefusal:
        let floor = ObjectiveTerms.probabilityFloor
        let probability = exp(logProbability), rest = -expm1(logProbability)
        return rest > floor ? (-log(rest), -probability / rest) : (-log(floor), 0)
      }
    }
  }

  /// Whether pairs of a category count at all.
  package func uses(_ category: AnchorPair.Category) -> Bool {
    category != .harmlessRefused || weights.harmlessRefusal > 0
  }

  /// The term that pairs of a category count in.
  package func term(of category: AnchorPair.Category) -> Term {
    switch (category, role) {
    case (.refused, .safeguarding), (.answered, .adversarial): .likelihood
    case (.answered, .safeguarding), (.refused, .adversarial): .unlikelihood
    case (.harmless, _): .regularization
    case (.harmlessRefused, _): .harmlessRefusal
    }
  }

  /// Whether a term's pairs are held to the untouched model's distributions in place of their tokens.
  package func isDivergence(_ term: Term) -> Bool { term == .regularization && weights.regularizer == .divergence }

  /// The weight of a term.
  package func weight(of term: Term) -> Double {
    switch term {
    case .likelihood: weights.likelihood
    case .unlikelihood: weights.unlikelihood
    case .regularization: weights.regularization
    case .harmlessRefusal: weights.harmlessRefusal
    }
  }

  /// The loss over all pairs of several evaluations: each term's mean over the tokens of all of them.
  package func joining(_ parts: [(value: ObjectiveValue, pairs: [TrainingPair])]) -> ObjectiveValue {
    var sums = [Double](repeating: 0, count: Term.allCases.count), tokens = sums
    for (value, pairs) in parts {
      for term in Term.allCases {
        let count = pairs.filter { uses($0.category) && self.term(of: $0.category) == term }
          .reduce(0) { $0 + $1.response.count }
        let mean =
          switch term {
          case .likelihood: value.likelihood
          case .unlikelihood: value.unlikelihood
          case .regularization: value.regularization
          case .harmlessRefusal: value.harmlessRefusal
          }
        sums[term.rawValue] += mean * Double(count)
        tokens[term.rawValue] += Double(count)
      }
    }
    return value(sums: sums, tokens: tokens)
  }

  /// The loss of sums over the tokens of each term.
  package func value(sums: [Double], tokens: [Double]) -> ObjectiveValue {
    func mean(_ term: Term) -> Double { tokens[term.rawValue] == 0 ? 0 : sums[term.rawValue] / tokens[term.rawValue] }
    var value = ObjectiveValue(
      likelihood: mean(.likelihood), unlikelihood: mean(.unlikelihood), regularization: mean(.regularization),
      harmlessRefusal: mean(.harmlessRefusal), tokens: Int(tokens.reduce(0, +)))
    value.total = Term.allCases.reduce(0) { $0 + weight(of: $1) * mean($1) }
    return value
  }
}
