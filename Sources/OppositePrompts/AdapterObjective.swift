import Compute
package import EngineContract
package import LanguageModel

/// The loss of an adapter over some examples.
package struct AdapterLoss: Sendable, Equatable {
  /// The mean of `−ln P(y_t)` over all response tokens of all examples; 0 where there are none.
  package var mean: Double
  /// Response tokens that it is the mean over.
  package var tokens: Int
  /// The gradient of the mean to the adapter's matrices, in the order of its pairs, where it was asked for.
  package var gradient: [LowRankPair]?

  package init(mean: Double, tokens: Int, gradient: [LowRankPair]? = nil) {
    self.mean = mean
    self.tokens = tokens
    self.gradient = gradient
  }
}

extension LanguageModel {
  /// The cross-entropy of responses under the model with an adapter, and its gradient: supervised fine-tuning, as
  /// Safety Tuning (Bianchi et al., arXiv 2309.07875) and SafeDecoding's expert (Xu et al., arXiv 2402.08983) do it.
  ///
  /// What all prompts begin with is run once.
  /// - Parameters:
  ///   - activations: Memory that is handed on from step to step.
  ///   - wantsGradient: Whether the backward pass is run.
  /// - Throws: `LanguageModelError` for an adapter of another model, an unknown token or an example that is too long.
  package func loss(
    of adapter: LowRankAdapter, on examples: [AdapterExample], activations: inout PackedActivations,
    wantsGradient: Bool = true
  ) throws(LanguageModelError) -> AdapterLoss {
    let model = try adapting(adapter)
    let shared = Self.sharedStart(of: examples.map(\.prompt))
    var sequences: [PackedBatch.Sequence] = []
    var targets: [PredictedToken] = []
    var row = shared.count
    for example in examples {
      let tokens = example.prompt.dropFirst(shared.count) + example.response
      sequences.append(PackedBatch.Sequence(rows: try model.embed(Array(tokens.dropLast()))))
      // Each row's logits are those of the token after it.
      let first = row + example.prompt.count - shared.count - 1
      for (offset, token) in example.response.enumerated() {
        guard 0..<configuration.vocabularySize ~= token else {
          throw .unknownToken(id: token, vocabularySize: configuration.vocabularySize)
        }
        targets.append(PredictedToken(row: first + offset, token: token))
      }
      row += tokens.count - 1
    }
    let batch = PackedBatch(prefix: try model.embed(shared), sequences: sequences)
    try model.forward(batch, keeping: &activations)

    var sum = 0.0
    var dHidden = Matrix(rows: wantsGradient ? row : 0, columns: configuration.width)
    model.score(targets, hidden: activations.hidden, gradient: &dHidden, wantsGradient: wantsGradient) {
      sum -= $1
      return 1 / Double(targets.count)
    }
    var loss = AdapterLoss(mean: targets.isEmpty ? 0 : sum / Double(targets.count), tokens: targets.count)
    if wantsGradient {
      var gradient = AdapterGradient(for: model)
      model.backward(&dHidden, through: batch, activations: &activations, adapter: &gradient)
      loss.gradient = gradient.pairs
    }
    return loss
  }

  /// What all prompts begin with; each keeps its last token, whose row predicts the response.
  private static func sharedStart(of prompts: [[Int]]) -> [Int] {
    guard prompts.count > 1, var shared = prompts.first else { return [] }
    for prompt in prompts { shared = Array(zip(shared, prompt.dropLast()).prefix { $0 == $1 }.map(\.0)) }
    return shared
  }
}
