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

/// A feed-forward layer that is the same for all rows.
struct DenseLayer: Sendable {
  /// Gate and up, `[feedForwardWidth, width]` each; without a gate only up.
  var gateUp: Projection
  /// `[width, feedForwardWidth]`.
  var down: Projection
}

/// The kinds of feed-forward layers.
enum FeedForward: Sendable {
  case dense(DenseLayer)
  case experts(ExpertLayer)

  /// The layer where it is a dense one.
  var dense: DenseLayer? {
    get { if case .dense(let layer) = self { layer } else { nil } }
    set { if let newValue { self = .dense(newValue) } }
  }
}

/// The weights of one block: attention and feed-forward layer, each after or before a norm and added to its input.
struct Block: Sendable {
  /// The norm of what attention gets, `[width]`, where the family has one.
  let attentionNorm: Norm?
  /// Queries `[queryWidth, width]`, keys and values `[keyValueWidth, width]`.
  var queryKeyValue: Projection
  /// Norms of queries and keys, where the family has them: of each head, `[headSize]`, or of all together,
  /// `[queryWidth]` and `[keyValueWidth]`.
  let queryNorm: Norm?, keyNorm: Norm?
  /// How scores are made.
  let scoring: AttentionScoring
  /// Which of the model's rotary tables turns queries and keys; nil: none.
  let rotary: Int?
  /// `[width, queryWidth]`.
  var attentionOutput: Projection
  /// The norm of what attention gives, `[width]`, where the family has one.
  let attentionOutputNorm: Norm?
  /// The norm of what the feed-forward layer gets, `[width]`, where the family has one.
  let feedForwardNorm: Norm?
  /// What stands between the two norms.
  var feedForward: FeedForward
  /// The norm of what the feed-forward layer gives, `[width]`, where the family has one.
  let feedForwardOutputNorm: Norm?

  /// All products whose gradients go through transposed weights.
  var projections: [Projection] {
    switch feedForward {
    case .dense(let layer): [queryKeyValue, attentionOutput, layer.gateUp, layer.down]
    case .experts(let layer): [queryKeyValue, attentionOutput] + layer.projections
    }
  }

  mutating func transpose(on context: ComputeContext) {
    queryKeyValue.transpose(on: context)
    attentionOutput.transpose(on: context)
    switch feedForward {
    case .dense(var layer):
      layer.gateUp.transpose(on: context)
      layer.down.transpose(on: context)
      feedForward = .dense(layer)
    case .experts(var layer):
      layer.transpose(on: context)
      feedForward = .experts(layer)
    }
  }
}
