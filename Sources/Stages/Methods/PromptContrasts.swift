extension DecodingMethod {
  /// Two prompts on one model.
  static let promptContrasts = [
    acd, nullAP, safeAP, spNull, spOpposite, instructiveNull, instructiveOpposite, rose, contextAware, guidance,
    selfCD,
  ]

  private static func contrast(
    _ name: String, _ title: String, _ first: StreamPrompt, _ second: StreamPrompt, source: String = paper,
    alpha: Double = 0.4
  ) -> DecodingMethod {
    DecodingMethod(
      name, title, source: source, streams: [MethodStream(first), MethodStream(second)], rule: .contrast, alpha: alpha)
  }

  /// Adversarial contrastive decoding (Equation 5): `logit_S − α · logit_A`.
  package static let acd = contrast("acd", "SP − α·AP", .tuned(.safeguarding), .tuned(.adversarial))

  // The other pairs of the paper's Table 5.
  static let nullAP = contrast("null-ap", "null − α·AP", .null, .tuned(.adversarial))
  static let safeAP = contrast("safe-ap", "safe − α·AP", .manual(.safe), .tuned(.adversarial))
  static let spNull = contrast("sp-null", "SP − α·null", .tuned(.safeguarding), .null)
  static let spOpposite = contrast(
    "sp-opposite", "SP − α·opposite", .tuned(.safeguarding), .manual(.opposite))

  // Instructive Decoding's ε is α here; 0.3 is what its authors recommend.
  private static let kim = "Instructive Decoding: Kim et al., arXiv 2311.00233"
  static let instructiveNull = contrast(
    "instructive-null", "safe − ε·null (nID)", .manual(.safe), .null, source: kim, alpha: 0.3)
  static let instructiveOpposite = contrast(
    "instructive-opposite", "safe − ε·opposite (oID)", .manual(.safe), .manual(.opposite), source: kim, alpha: 0.3)

  static let rose = contrast(
    "rose", "safe − α·reverse (ROSE)", .manual(.safe), .manual(.reverse),
    source: "ROSE: Zhong et al., arXiv 2402.11889", alpha: 0.5)

  // Context-aware decoding and classifier-free guidance are the same line: (1 + α)·z(with) − α·z(without), which is
  // O'Brien and Lewis's without its mask. In guidance γ = 1 + α.
  static let contextAware = DecodingMethod(
    "context-aware", "(1 + α)·safe − α·null", source: "Context-aware decoding: Shi et al., arXiv 2305.14739",
    streams: [MethodStream(.manual(.safe)), MethodStream(.null)], rule: .extrapolation, alpha: 0.5)
  static let guidance = DecodingMethod(
    "guidance", "γ·safe − (γ − 1)·null, γ = 1 + α",
    source: "Classifier-free guidance for language models: Sanchez et al., arXiv 2306.17806",
    streams: [MethodStream(.manual(.safe)), MethodStream(.null)], rule: .extrapolation, alpha: 0.5)

  // The other way round: what a safe prompt adds, refusals of harmless requests among it, is taken away again. Above α
  // = 1 more is taken away than it added.
  static let selfCD = DecodingMethod(
    "self-cd", "safe − α·(safe − null), against over-refusal",
    source: "Self-Contrastive Decoding: Shi et al., arXiv 2401.17633",
    streams: [MethodStream(.manual(.safe)), MethodStream(.null)], rule: .withdrawal, alpha: 2.5)
}
