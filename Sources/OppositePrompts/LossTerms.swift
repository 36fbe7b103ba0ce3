package import EngineContract
package import Stages

/// What a loss is made of: which pairs count, and how the values of several evaluations are one.
package protocol LossTerms: Sendable {
  /// Whether pairs of a category count at all.
  func uses(_ category: AnchorPair.Category) -> Bool
  /// The loss over all pairs of several evaluations.
  func joining(_ parts: [(value: ObjectiveValue, pairs: [TrainingPair])]) -> ObjectiveValue
}
