import Compute

/// The weights of one block: attention and feed-forward layer, each after a norm and added to its input.
struct Block: Sendable {
  /// `[width]`.
  let attentionNorm: [Float]
  /// Queries `[queryWidth, width]`, keys and values `[keyValueWidth, width]`.
  let queryKeyValue: [WeightMatrix]
  /// `[width, queryWidth]`.
  let attentionOutput: WeightMatrix
  /// `[width]`.
  let feedForwardNorm: [Float]
  /// Gate and up, `[feedForwardWidth, width]` each.
  let gateUp: [WeightMatrix]
  /// `[width, feedForwardWidth]`.
  let down: WeightMatrix
}
