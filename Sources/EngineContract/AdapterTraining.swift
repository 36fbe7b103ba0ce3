/// A prompt and the response to it that an adapter learns, as token ids.
package struct AdapterExample: Sendable, Hashable, Codable {
  /// Everything up to the response's first token.
  package var prompt: [Int]
  /// The response, with the token that ends it.
  package var response: [Int]

  /// An example; both parts must hold at least one token.
  package init(prompt: [Int], response: [Int]) {
    precondition(!prompt.isEmpty && !response.isEmpty, "an example needs a prompt and a response")
    self.prompt = prompt
    self.response = response
  }
}

/// One step of an adapter's training, for its log.
package struct AdapterStep: Sendable, Equatable {
  /// The step's number, from 1.
  package var step: Int
  /// The mean loss over the step's response tokens, before the step.
  package var loss: Double
  /// Those tokens.
  package var tokens: Int
  /// The gradient's norm over all matrices before it was shortened.
  package var gradientNorm: Double
  /// The learning rate of the step.
  package var learningRate: Double

  package init(step: Int, loss: Double, tokens: Int, gradientNorm: Double, learningRate: Double) {
    self.step = step
    self.loss = loss
    self.tokens = tokens
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
  }
}
