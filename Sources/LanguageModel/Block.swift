import Compute

/// A product with its bias.
struct Projection: Sendable {
  /// Matrices whose outputs stand side by side, `[outputs, inputs]` each.
  let weights: [WeightMatrix]
  /// `[Σ outputs]`; nil: none.
  let bias: [Float]?
  /// What an adapter adds; nil: none.
  var lowRank: LowRankUpdate?
  /// The matrices transposed and rounded to 8 bits, `[inputs, Σ outputs]`, for gradients at ``Precision/int8``.
  private(set) var transposed: WeightMatrix?

  init(weights: [WeightMatrix], bias: [Float]? = nil) {
    self.weights = weights
    self.bias = bias
  }

  mutating func transpose(on context: ComputeContext) {
    transposed = WeightMatrix(transposing: weights, on: context)
  }
}

/// The weights of one block: attention and feed-forward layer, each after a norm and added to its input.
struct Block: Sendable {
  /// `[width]`.
  let attentionNorm: Norm
  /// Queries `[queryWidth, width]`, keys and values `[keyValueWidth, width]`.
  var queryKeyValue: Projection
  /// Norms of each head's query and key, `[headSize]`, where the family has them.
  let queryNorm: Norm?, keyNorm: Norm?
  /// How scores are made.
  let scoring: AttentionScoring
  /// Which of the model's rotary tables turns queries and keys; nil: none.
  let rotary: Int?
  /// `[width, queryWidth]`.
  var attentionOutput: Projection
  /// The norm of what attention gives, `[width]`, where the family has one.
  let attentionOutputNorm: Norm?
  /// `[width]`.
  let feedForwardNorm: Norm
  /// Gate and up, `[feedForwardWidth, width]` each; without a gate only up.
  var gateUp: Projection
  /// `[width, feedForwardWidth]`.
  var down: Projection
  /// The norm of what the feed-forward layer gives, `[width]`, where the family has one.
  let feedForwardOutputNorm: Norm?

  /// All four.
  var projections: [Projection] { [queryKeyValue, attentionOutput, gateUp, down] }

  mutating func transpose(on context: ComputeContext) {
    queryKeyValue.transpose(on: context)
    attentionOutput.transpose(on: context)
    gateUp.transpose(on: context)
    down.transpose(on: context)
  }
}
