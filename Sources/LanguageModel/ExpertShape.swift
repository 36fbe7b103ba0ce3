/// How many experts the layers of a mixture of experts have, and which layers have any.
package struct ExpertShape: Sendable, Hashable {
  /// Number of experts in a layer.
  package let count: Int
  /// How many of them a row is sent to.
  package let used: Int
  /// Width of one expert's feed-forward layer.
  package let width: Int
  /// Whether the weights of those that are used add up to 1.
  package let normalizesWeights: Bool
  /// Whether each layer has experts, and not one feed-forward layer for all rows, `[layers]`.
  package let layers: [Bool]
}
