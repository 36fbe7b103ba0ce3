package import Compute
package import EngineContract
package import LanguageModel
package import Stages

/// The loss of a soft prompt over anchor pairs, Equations 3 and 4.
///
/// Each term is the mean over all response tokens of its pairs: `−ln P(y_t)` for likelihood and regularization,
/// `−ln(1 − P(y_t))` for unlikelihood, where `1 − P` is not let below ``ObjectiveTerms/probabilityFloor``. With
/// `PromptStage.Regularizer.divergence`, regularization is `KL(p₀ ‖ p)` at each token, `p₀` without a soft prompt.
package struct Objective: Sendable {
  let model: LanguageModel
  let beforeSystem: Matrix
  let afterSystem: Matrix
  let terms: ObjectiveTerms

  /// The objective for one of the prompts.
  /// - Parameters:
  ///   - beforeSystem: The template's tokens before the soft prompt.
  ///   - afterSystem: The template's tokens between the soft prompt and the instruction.
  /// - Throws: `LanguageModelError` for a token that the model does not have, `MemoryError` where gradients do not fit.
  package init(
    model: LanguageModel, beforeSystem: [Int], afterSystem: [Int], prompt: PromptRole, weights: PromptStage.Weights
  ) throws {
    self.model = try model.preparedForGradients()
    self.beforeSystem = try model.embed(beforeSystem)
    self.afterSystem = try model.embed(afterSystem)
    terms = ObjectiveTerms(role: prompt, weights: weights)
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
    let pairs = pairs.filter { terms.uses($0.category) }
    let width = model.configuration.width
    let prefix = Matrix.stacking([beforeSystem, softPrompt, afterSystem], columns: width)
    var sequences: [PackedBatch.Sequence] = []
    var targets: [Target] = []
    var tokensOfTerm = [Int](repeating: 0, count: ObjectiveTerms.Term.allCases.count)
    var row = prefix.rows
    for answers in Self.grouped(pairs) {
      let turn = answers[0].turn
      sequences.append(PackedBatch.Sequence(rows: try model.embed(turn)))
      let lastOfTurn = row + turn.count - 1
      row += turn.count
      for pair in answers {
        let term = terms.term(of: pair.category)
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

    var sums = [Double](repeating: 0, count: ObjectiveTerms.Term.allCases.count)
    var gradient = Matrix(rows: wantsGradient ? row : 0, columns: width)
    let held = targets.filter { terms.isDivergence($0.term) }
    targets.removeAll { terms.isDivergence($0.term) }
    if !held.isEmpty {
      // The same rows without the soft prompt, in a pass of their own.
      let frame = Matrix.stacking([beforeSystem, afterSystem], columns: width)
      var memory = PackedActivations(model.configuration)
      try model.forward(PackedBatch(prefix: frame, sequences: sequences), keeping: &memory)
      let term = ObjectiveTerms.Term.regularization, rows = held.map(\.predicted.row)
      sums[term.rawValue] = model.divergence(
        at: rows, of: activations.hidden, from: (rows.map { $0 - softPrompt.rows }, memory.hidden),
        factor: terms.weight(of: term) / Double(tokensOfTerm[term.rawValue]), gradient: &gradient,
        wantsGradient: wantsGradient)
    }
    model.score(
      targets.map(\.predicted), hidden: activations.hidden, gradient: &gradient, wantsGradient: wantsGradient
    ) { index, logProbability in
      let term = targets[index].term
      let share = terms.weight(of: term) / Double(tokensOfTerm[term.rawValue])
      let (loss, slope) = term.loss(logProbability)
      sums[term.rawValue] += loss
      return share * slope
    }

    var value = terms.value(sums: sums, tokens: tokensOfTerm.map(Double.init))
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

  private struct Target {
    var predicted: PredictedToken
    var term: ObjectiveTerms.Term
  }
}

/// The objective with the memory that one step hands on to the next.
package struct ObjectivePass: PromptObjective {
  private let objective: Objective
  private var activations: PackedActivations

  /// A pass of an objective.
  package init(_ objective: Objective) {
    self.objective = objective
    activations = PackedActivations(objective.model.configuration)
  }

  /// The loss's terms over some pairs, and the gradient of their weighted sum where it is wanted.
  package mutating func value(
    of softPrompt: Matrix, on pairs: [TrainingPair], wantsGradient: Bool
  ) throws -> ObjectiveValue {
    try objective.evaluate(softPrompt, on: pairs, activations: &activations, wantsGradient: wantsGradient)
  }
}
