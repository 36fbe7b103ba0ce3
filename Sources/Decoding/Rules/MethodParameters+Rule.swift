package import Stages

extension MethodParameters {
  /// What combines the method's streams.
  package var rule: any CombinationRule {
    if isFirstStreamAlone { return LinearRule.single }
    let alpha = alpha ?? method.alpha, mask = plausibility ?? 0, steps = contrastSteps ?? 0
    return switch method.rule {
    case .single: LinearRule.single
    case .contrast:
      LinearRule([-Float(alpha) / Float(amateurTemperature ?? 1)], plausibility: mask, steps: steps)
    case .extrapolation: LinearRule(own: 1 + Float(alpha), [-Float(alpha)], plausibility: mask, steps: steps)
    case .withdrawal: LinearRule(own: 1 - Float(alpha), [Float(alpha)], plausibility: mask, steps: steps)
    case .steering: LinearRule([Float(alpha), -Float(alpha)], plausibility: mask, steps: steps)
    case .sharedCandidates: SharedCandidatesRule(alpha: alpha, candidates: candidates ?? 1, steps: steps)
    case .agreement:
      AgreementRule(alpha: alpha, agreement: agreement ?? 1, plausibility: mask, steps: steps)
    case .divergence: DivergenceRule(alpha: alpha, plausibility: mask, steps: steps)
    }
  }
}
