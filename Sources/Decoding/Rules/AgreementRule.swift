package import Compute
import Foundation

/// AdaCD (Qi et al., arXiv 2604.17132, and their code): the logits under an extreme refusal prompt, plus or minus α
/// times what that prompt adds to them, for the first tokens of an answer; then the model without the prompt.
///
/// Stream 1 is the model without the prompt (`z`, `p`), stream 2 with it (`z*`, `p*`, likeliest token `y*`). The scores
/// are `z* + α · (z* − z)` where the streams agree, that is `1 / rank of y* in p ≥ λ` and `max p ≥ λ · p*(y*)`, and
/// `z* − α · (z* − z)` elsewhere. Tokens less likely than β times the likeliest of `p` are barred.
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
    let sign = agree(rows) ? 1.0 : -1.0
    let threshold = rows.plausibilityThreshold(share: plausibility)
    for token in 0..<rows.vocabulary {
      let plain = Double(rows[0, token]), prompted = Double(rows[1, token])
      rows[0, token] =
        rows[0, token] >= threshold ? Float(prompted + sign * alpha * (prompted - plain)) : -.infinity
    }
  }

  /// Whether the model without the prompt holds the prompted one's first token likely, and is as sure of its own.
  private func agree(_ rows: StreamRows) -> Bool {
    let likeliest = rows.likeliest(in: 0), refusal = rows.likeliest(in: 1), level = rows[0, refusal]
    var rank = 1
    for token in 0..<rows.vocabulary {
      if rows[0, token] > level || (rows[0, token] == level && token < refusal) { rank += 1 }
    }
    let own = exp(Double(rows[0, likeliest]) - rows.logNormalizer(of: 0))
    let prompted = exp(Double(rows[1, refusal]) - rows.logNormalizer(of: 1))
    return 1 / Double(rank) >= agreement && own >= agreement * prompted
  }
}
