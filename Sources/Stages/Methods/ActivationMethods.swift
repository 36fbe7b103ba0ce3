extension DecodingMethod {
  /// Methods that change the model's hidden states along the refusal direction.
  static let activationMethods = [directionAdded, directionAblated, conditionalSteering]

  private static let arditi = "Arditi et al., arXiv 2406.11717"

  static let directionAdded = DecodingMethod(
    "direction-added", "h + α·r after one block, r the refusal direction", source: arditi,
    streams: [MethodStream(.absent, steering: .added)], alpha: 1)
  static let directionAblated = DecodingMethod(
    "direction-ablated", "h − r̂ r̂ᵀ h everywhere, r the refusal direction", source: arditi,
    streams: [MethodStream(.absent, steering: .ablated)], weakensSafety: true)

  // CAST's gate and its steering, both with the difference of means where its authors take a principal component.
  static let conditionalSteering = DecodingMethod(
    "conditional-steering", "h + α·r after one block, for requests that look harmful",
    source: "CAST: Lee et al., arXiv 2409.05907",
    streams: [MethodStream(.absent, steering: .addedWhereHarmful)], alpha: 1)
}
