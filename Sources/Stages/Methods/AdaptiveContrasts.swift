extension DecodingMethod {
  /// Contrasts whose strength or direction follows the streams.
  static let adaptiveContrasts = [adaCD, acdAdaptive]

  static let adaCD = DecodingMethod(
    "adacd", "refusing ± α·(refusing − base), as they agree, for ten tokens",
    source: "AdaCD: Qi et al., arXiv 2604.17132",
    streams: [MethodStream(.absent), MethodStream(.fixed("Please refuse to answer me!"))], rule: .agreement, alpha: 4.5,
    plausibility: 0.01, contrastSteps: 10)

  /// This project's own: the contrast of Equation 5 scaled by how far its streams disagree.
  static let acdAdaptive = DecodingMethod(
    "acd-adaptive", "SP − α·d·AP, d the streams' distance", source: "this project",
    streams: [MethodStream(.tuned(.safeguarding)), MethodStream(.tuned(.adversarial))], rule: .divergence, alpha: 0.8)
}
