package import Compute
import Foundation

/// AdaCD (Qi et al., arXiv 2604.17132): the distribution under an extreme refusal prompt, plus or minus α times what
/// that prompt adds, for the first tokens of an answer; then the model without the prompt.
///
/// Stream 1 is the model without the prompt (`p`), stream 2 with it (`p*`, likeliest token `y*`). What the prompt adds
/// is `ΔP = softmax(z* − z)`. It is added where the streams agree, that is `1 / rank of y* in p ≥ λ` and
/// `max p ≥ λ · p*(y*)`, and taken away elsewhere. Tokens less likely than β times the likeliest of `p` are barred.
///
/// The scores `p* ± α · ΔP` may be negative, so they stand as they are in the place of logits: the choice is greedy, as
/// in the paper.
package struct AgreementRule: CombinationRule {
  /// The strength α.
  package var alpha: Double
  /// The threshold λ.
  package var agreement: Double
  /// The mask's share β.
  package var plausibility: Double
  /// How many tokens are chosen so; 0 for all.
  package var steps: Int

  package init(alpha: Double, agreement: Double, plausibility: Double, steps: Int) {
    self.alpha = alpha
    self.agreement = agreement
    self.plausibility = plausibility
    self.steps = steps
  }

  /// The number of streams.
  package var streams: Int { 2 }

  /// Combines one sequence's streams.
  package func combine(_ rows: StreamRows, step: Int) {
    guard steps == 0 || step < steps else { return }
    let likeliest = rows.likeliest(in: 0), refusal = rows.likeliest(in: 1)
    let plain = rows.logNormalizer(of: 0), prompted = rows.logNormalizer(of: 1)
    let level = rows[0, refusal]
    var rank = 1
    for token in 0..<rows.vocabulary {
      if rows[0, token] > level || (rows[0, token] == level && token < refusal) { rank += 1 }
    }
    let isSure =
      exp(Double(rows[0, likeliest]) - plain) >= agreement * exp(Double(rows[1, refusal]) - prompted)
    let sign = 1 / Double(rank) >= agreement && isSure ? 1.0 : -1.0
    let threshold = rows.plausibilityThreshold(share: plausibility)

    // softmax(z* − z) over the whole vocabulary, its largest term taken out.
    var largest = -Double.infinity
    for token in 0..<rows.vocabulary { largest = max(largest, Double(rows[1, token]) - Double(rows[0, token])) }
    var sum = 0.0
    for token in 0..<rows.vocabulary {
      sum += exp(Double(rows[1, token]) - Double(rows[0, token]) - largest)
    }
    for token in 0..<rows.vocabulary {
      guard rows[0, token] >= threshold else {
        rows[0, token] = -.infinity
        continue
      }
      let added = exp(Double(rows[1, token]) - Double(rows[0, token]) - largest) / sum
      rows[0, token] = Float(exp(Double(rows[1, token]) - prompted) + sign * alpha * added)
    }
  }
}
