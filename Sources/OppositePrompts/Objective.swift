package import Compute
import Foundation
package import LanguageModel

/// Which of the two opposite prompts is tuned.
package enum TunedPrompt: Sendable {
  /// z_SP: refuses what is harmful (Equation 3).
  case safeguarding
  /// z_AP: answers it (Equation 4).
  case adversarial
}

/// The factors of the loss's terms. The paper's are 1, 1 and 1; the fourth term is ours and off.
package struct ObjectiveWeights: Sendable, Equatable {
  /// Factor of L_p, the likelihood of the wanted answers to harmful instructions.
  package var likelihood: Double
  /// Factor of L_n, the unlikelihood of the unwanted ones.
  package var unlikelihood: Double
  /// Factor of L_r, the likelihood of the answers to harmless instructions.
  package var regularization: Double
  /// Factor of our own term, the unlikelihood of refusing a harmless instruction.
  package var harmlessRefusal: Double

  /// Factors; the paper's where none are given.
  package init(
    likelihood: Double = 1, unlikelihood: Double = 1, regularization: Double = 1, harmlessRefusal: Double = 0
  ) {
    self.likelihood = likelihood
    self.unlikelihood = unlikelihood
    self.regularization = regularization
    self.harmlessRefusal = harmlessRefusal
  }
}

/// The terms of the loss over some pairs, each a mean over its tokens, before the factors.
package struct ObjectiveValue: Sendable, Equatable {
  /// L_p.
  package var likelihood = 0.0
  /// L_n.
  package var unlikelihood = 0.0
  /// L_r.
  package var regularization = 0.0
  /// Our own term; 0 where its factor is 0.
  package var harmlessRefusal = 0.0
  /// The sum of the terms times their factors.
  package var total = 0.0
  /// Response tokens that the terms are means over.
  package var tokens = 0
  /// The gradient of the total to the soft prompt, `[P, d]`, where it was asked for.
  package var gradient: Matrix?
}

/// The loss of a soft prompt over anchor pairs, Equations 3 and 4.
///
/// Each term is the mean over all response tokens of its pairs: `−ln P(y_t)` for likelihood and regularization,
/// `−ln(1 − P(y_t))` for unlikelihood, where `1 − P` is not let below ``Objective/probabilityFloor``.
package struct Objective: Sendable {
  /// The least value of `1 − P` in the unlikelihood: below it the term is constant and its gradient zero.
  package static let probabilityFloor = 1e-6

  let model: LanguageModel
  let beforeSystem: Matrix
  let afterSystem: Matrix
  let prompt: TunedPrompt
  let weights: ObjectiveWeights

  /// The objective for one of the prompts.
  /// - Parameters:
  ///   - beforeSystem: The template's tokens before the soft prompt.
  ///   - afterSystem: The template's tokens between the soft prompt and the instruction.
  /// - Throws: `LanguageModelError` for a token that the model does not have.
  package init(
    model: LanguageModel, beforeSystem: [Int], afterSystem: [Int], prompt: TunedPrompt, weights: ObjectiveWeights
  ) throws(LanguageModelError) {
    self.model = model.preparedForGradients()
    self.beforeSystem = try model.embed(beforeSystem)
    self.afterSystem = try model.embed(afterSystem)
    self.prompt = prompt
    self.weights = weights
  }

  /// Whether pairs of a category count at all.
  func uses(_ category: PairCategory) -> Bool { category != .harmlessRefused || weights.harmlessRefusal > 0 }

  private enum Term: Int, CaseIterable { case likelihood, unlikelihood, regularization, harmlessRefusal }

  private func term(of category: PairCategory) -> Term {
    switch (category, prompt) {
    case (.refused, .safeguarding), (.answered, .adversarial): .likelihood
    case (.answered, .safeguarding), (.refused, .adversarial): .unlikelihood
    case (.harmless, _): .regularization
    case (.harmlessRefused, _): .harmlessRefusal
    }
  }

  private func factor(of term: Term) -> Double {
    switch term {
    case .likelihood: weights.likelihood
    case .unlikelihood: weights.unlikelihood
    case .regularization: weights.regularization
    case .harmlessRefusal: weights.harmlessRefusal
    }
  }

  /// The loss of a soft prompt over some pairs, and its gradient.
  /// - Parameters:
  ///   - softPrompt: z, `[P, d]`.
  ///   - pairs: The pairs, in any order; those of a term whose factor is 0 and that the paper lacks are left out.
  ///   - activations: Memory that is handed on from step to step.
  ///   - wantsGradient: Whether the backward pass is run.
  /// - Throws: `LanguageModelError` for an unknown token or a pair that is too long.
  package func evaluate(
    _ softPrompt: Matrix, on pairs: [TrainingPair], activations: inout PackedActivations, wantsGradient: Bool = true
  ) throws(LanguageModelError) -> ObjectiveValue {
    let pairs = pairs.filter { uses($0.category) }
    let width = model.configuration.width
    let prefix = Matrix.stacking([beforeSystem, softPrompt, afterSystem], columns: width)
    var sequences: [PackedBatch.Sequence] = []
    var targets: [Target] = []
    var tokensOfTerm = [Int](repeating: 0, count: Term.allCases.count)
    var row = prefix.rows
    for answers in Self.grouped(pairs) {
      let turn = answers[0].turn
      sequences.append(PackedBatch.Sequence(rows: try model.embed(turn)))
      let lastOfTurn = row + turn.count - 1
      row += turn.count
      for pair in answers {
        let term = term(of: pair.category)
        // Each row's logits are those of the token after it: the answer's first comes from the turn's last row.
        for (offset, token) in pair.response.enumerated() {
          targets.append(
            Target(predicted: .init(row: offset == 0 ? lastOfTurn : row + offset - 1, token: token), term: term))
        }
        tokensOfTerm[term.rawValue] += pair.response.count
        sequences[sequences.count - 1].continuations.append(try model.embed(pair.response.dropLast()))
        row += pair.response.count - 1
      }
    }
    let batch = PackedBatch(prefix: prefix, sequences: sequences)
    try model.forward(batch, keeping: &activations)

    var sums = [Double](repeating: 0, count: Term.allCases.count)
    var gradient = Matrix(rows: wantsGradient ? row : 0, columns: width)
    model.score(
      targets.map(\.predicted), hidden: activations.hidden, gradient: &gradient, wantsGradient: wantsGradient
    ) { index, logProbability in
      let term = targets[index].term
      let share = factor(of: term) / Double(tokensOfTerm[term.rawValue])
      let (loss, slope) = Self.loss(logProbability, of: term)
      sums[term.rawValue] += loss
      return share * slope
    }

    var value = value(sums: sums, tokens: tokensOfTerm.map(Double.init))
    if wantsGradient {
      model.backward(&gradient, through: batch, activations: &activations)
      value.gradient = gradient.rows(in: beforeSystem.rows..<beforeSystem.rows + softPrompt.rows)
    }
    return value
  }

  /// The pairs of each instruction, in the order in which the instructions first come.
  private static func grouped(_ pairs: [TrainingPair]) -> [[TrainingPair]] {
    var places: [[Int]: Int] = [:]
    var groups: [[TrainingPair]] = []
    for pair in pairs {
      if let place = places[pair.turn] {
        groups[place].append(pair)
      } else {
        places[pair.turn] = groups.count
        groups.append([pair])
      }
    }
    return groups
  }

  /// The loss over all pairs of several evaluations: each term's mean over the tokens of all of them.
  func joining(_ parts: [(value: ObjectiveValue, pairs: [TrainingPair])]) -> ObjectiveValue {
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

  private func value(sums: [Double], tokens: [Double]) -> ObjectiveValue {
    func mean(_ term: Term) -> Double { tokens[term.rawValue] == 0 ? 0 : sums[term.rawValue] / tokens[term.rawValue] }
    var value = ObjectiveValue(
      likelihood: mean(.likelihood), unlikelihood: mean(.unlikelihood), regularization: mean(.regularization),
      harmlessRefusal: mean(.harmlessRefusal), tokens: Int(tokens.reduce(0, +)))
    value.total = Term.allCases.reduce(0) { $0 + factor(of: $1) * mean($1) }
    return value
  }

  private struct Target {
    var predicted: PredictedToken
    var term: Term
  }

  /// A token's loss and the factor of its cross-entropy gradient: both kinds of loss have the gradient
  /// `slope · (softmax − one-hot)`, with slope 1 for `−ln P` and `−P / (1 − P)` for `−ln(1 − P)`.
  private static func loss(_ logProbability: Double, of term: Term) -> (loss: Double, slope: Double) {
    switch term {
    case .likelihood, .regularization:
      return (-logProbability, 1)
    case .unlikelihood, .harmlessRefusal:
      let probability = exp(logProbability), rest = -expm1(logProbability)
      return rest > probabilityFloor ? (-log(rest), -probability / rest) : (-log(probabilityFloor), 0)
    }
  }
}
