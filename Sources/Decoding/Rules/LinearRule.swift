package import Compute

/// `own · z₁ + Σ factors · z` of the other streams, over the tokens that the first stream holds plausible.
///
/// With factors `[−α]` it is ACD (Equation 5 of arXiv 2406.16743), Instructive Decoding and ROSE; with `own = 1 + α`
/// and `[−α]` O'Brien and Lewis's contrastive decoding, context-aware decoding and classifier-free guidance; with `[α,
/// −α]` DExperts and proxy tuning; with a mask of 0.1 and `[−1/τ]` the contrastive decoding of Li et al., whose
/// log-normalizers are the same for all tokens and change no choice.
package struct LinearRule: CombinationRule, Equatable {
  /// The first stream's factor.
  package var own: Float
  /// The other streams' factors.
  package var factors: [Float]
  /// Tokens less likely than this share of the first stream's likeliest are barred; 0 for none.
  package var plausibility: Double
  /// How many tokens are chosen so, before the first stream goes on alone; 0 for all.
  package var steps: Int

  package init(own: Float = 1, _ factors: [Float], plausibility: Double = 0, steps: Int = 0) {
    self.own = own
    self.factors = factors
    self.plausibility = plausibility
    self.steps = steps
  }

  /// One stream as it is.
  package static let single = LinearRule([])

  /// The number of streams.
  package var streams: Int { factors.count + 1 }

  /// Combines one sequence's streams.
  package func combine(_ rows: StreamRows, step: Int) {
    guard steps == 0 || step < steps else { return }
    let threshold = rows.plausibilityThreshold(share: plausibility)
    var barred: [Int] = []
    if plausibility > 0 {
      for token in 0..<rows.vocabulary where rows[0, token] < threshold { barred.append(token) }
    }
    if own != 1 {
      for token in 0..<rows.vocabulary { rows[0, token] *= own }
    }
    for (index, factor) in factors.enumerated() where factor != 0 { rows.add(factor, times: index + 1) }
    for token in barred { rows[0, token] = -.infinity }
  }
}
