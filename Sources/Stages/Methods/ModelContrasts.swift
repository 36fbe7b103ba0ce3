extension DecodingMethod {
  /// Two or three models, which must share the target's vocabulary.
  static let modelContrasts = [contrastive, contrastiveOBrien, dexperts, proxyTuning, safetyTuning, safeDecoding]

  // score = log p_e − log-softmax(z_a / τ) where log p_e ≥ max log p_e + ln 0.1; the log-normalizers are the same for
  // all tokens and change no choice.
  static let contrastive = DecodingMethod(
    "contrastive", "expert − amateur, masked at 0.1", source: "Contrastive Decoding: Li et al., arXiv 2210.15097",
    streams: [MethodStream(.null), MethodStream(.null, on: .second)], rule: .contrast, alpha: 1, plausibility: 0.1)
  static let contrastiveOBrien = DecodingMethod(
    "contrastive-obrien", "(1 + β)·expert − β·amateur, masked at 0.1",
    source: "O'Brien and Lewis, arXiv 2309.09117",
    streams: [MethodStream(.null), MethodStream(.null, on: .second)], rule: .extrapolation, alpha: 0.5,
    plausibility: 0.1)

  // DExperts steers with models that were trained for and against; where none are at hand, the two tuned prompts are
  // the natural expert and anti-expert. Proxy tuning takes a small tuned model and the same untuned.
  static let dexperts = DecodingMethod(
    "dexperts", "z + α·(SP − AP)", source: "DExperts: Liu et al., arXiv 2105.03023",
    streams: [MethodStream(.null), MethodStream(.tuned(.safeguarding)), MethodStream(.tuned(.adversarial))],
    rule: .steering, alpha: 2)
  static let proxyTuning = DecodingMethod(
    "proxy-tuning", "z + α·(second model − third model)", source: "Proxy tuning: Liu et al., arXiv 2401.08565",
    streams: [MethodStream(.null), MethodStream(.null, on: .second), MethodStream(.null, on: .third)],
    rule: .steering, alpha: 1)

  static let safetyTuning = DecodingMethod(
    "safety-tuning", "the model with its safety adapter", source: "Safety Tuning: Bianchi et al., arXiv 2309.07875",
    streams: [MethodStream(.null, on: .adapted)])

  // The expert is the model with the adapter.
  package static let safeDecoding = DecodingMethod(
    "safe-decoding", "base and adapted expert over their shared candidates, for two tokens",
    source: "SafeDecoding: Xu et al., arXiv 2402.08983",
    streams: [MethodStream(.null), MethodStream(.null, on: .adapted)], rule: .sharedCandidates, alpha: 3,
    contrastSteps: 2)
}
