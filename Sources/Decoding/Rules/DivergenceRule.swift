package import Compute
import Foundation

/// This project's own: Equation 5 with a strength that follows the streams, `z₁ − α · d · z₂`, where `d` is the total
/// variation distance `½ Σ |p₁ − p₂|`, from 0 to 1, of the streams' distributions at this step.
///
/// Where both prompts want the same token, as on harmless requests, the contrast all but vanishes and leaves the answer
/// alone; where they part, it has its full strength.
package struct DivergenceRule: CombinationRule {
  /// The strength α at the greatest distance.
  package var alpha: Double
  /// Tokens less likely than this share of the first stream's likeliest are barred; 0 for none.
  package var plausibility: Double
  /// How many tokens are chosen so, before the first stream goes on alone; 0 for all.
  package var steps: Int

  package init(alpha: Double, plausibility: Double, steps: Int = 0) {
    self.alpha = alpha
    self.plausibility = plausibility
    self.steps = steps
  }

  /// The number of streams.
  package var streams: Int { 2 }

  /// Combines one sequence's streams.
  package func combine(_ rows: StreamRows, step: Int) {
    guard steps == 0 || step < steps else { return }
    LinearRule([Float(-alpha * Self.distance(of: rows))], plausibility: plausibility).combine(rows, step: step)
  }

  /// Tokens below this log-probability in both streams add less than 1e-10 each.
  private static let negligible = -23.0

  /// The total variation distance of the two streams.
  static func distance(of rows: StreamRows) -> Double {
    let first = rows.logNormalizer(of: 0), second = rows.logNormalizer(of: 1)
    var sum = 0.0
    for token in 0..<rows.vocabulary {
      let left = Double(rows[0, token]) - first, right = Double(rows[1, token]) - second
      if max(left, right) > negligible { sum += abs(exp(left) - exp(right)) }
    }
    return min(1, sum / 2)
  }
}
