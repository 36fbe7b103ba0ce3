/// How tokens are drawn, as far as it matters: at temperature 0 the choice is greedy, and nothing else does.
package struct SamplingParameters: Sendable, Hashable, Codable {
  /// The temperature; 0 is greedy.
  package let temperature: Double
  /// The share of probability that nucleus sampling keeps; nil at temperature 0.
  package let topP: Double?
  /// How many tokens top-k sampling keeps, 0 for all; nil at temperature 0.
  package let topK: Int?

  /// The parameters that matter.
  package init(temperature: Double, topP: Double, topK: Int) {
    self.temperature = temperature
    self.topP = temperature > 0 ? topP : nil
    self.topK = temperature > 0 ? topK : nil
  }
}
