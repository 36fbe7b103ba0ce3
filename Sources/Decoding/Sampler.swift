import Compute
import Foundation
import Randomness

/// How a token is chosen from logits.
package enum Sampler: Sendable, Equatable {
  /// The largest logit; the lowest id where several are largest.
  case greedy
  /// At random from the softmax of `logits / temperature`, after it was cut to the `topK` likeliest tokens (0: all) and
  /// to the fewest likeliest ones that together have at least the probability `topP`.
  ///
  /// Source of the nucleus: Holtzman et al., arXiv 1904.09751.
  case random(temperature: Double, topP: Double, topK: Int)

  /// Greedy for temperature 0, random above.
  package init(temperature: Double, topP: Double = 1, topK: Int = 0) {
    self = temperature > 0 ? .random(temperature: temperature, topP: topP, topK: topK) : .greedy
  }

  /// Tokens that are this much less likely than the likeliest are never drawn.
  private static let negligible = 1e-12

  /// The token for one row of logits `[vocabulary]`.
  func token(from logits: ArraySlice<Float>, random: inout CounterRandom) -> Int {
    guard case .random(let temperature, let topP, let topK) = self, let largest = logits.max() else {
      return logits.indices.max { logits[$0] < logits[$1] }.map { $0 - logits.startIndex } ?? 0
    }
    let threshold = largest + Float(temperature * log(Self.negligible))
    var candidates: [Candidate] = []
    for (token, logit) in logits.enumerated() where logit >= threshold {
      candidates.append((token, exp(Double(logit - largest) / temperature)))
    }
    candidates = Self.nucleus(of: candidates, topP: topP, topK: topK)
    var rest = random.uniform() * candidates.reduce(0) { $0 + $1.weight }
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return candidate.token }
    }
    return candidates.last?.token ?? 0
  }

  private typealias Candidate = (token: Int, weight: Double)

  /// The `topK` likeliest, and of these the fewest likeliest that have the share `topP`, likeliest first.
  ///
  /// Where only the nucleus is wanted, not all are put in order: most of tens of thousands stand far behind it.
  private static func nucleus(of candidates: [Candidate], topP: Double, topK: Int) -> [Candidate] {
    func ordered(_ candidates: [Candidate]) -> [Candidate] {
      candidates.sorted { $0.weight == $1.weight ? $0.token < $1.token : $0.weight > $1.weight }
    }
    let limited = topK > 0 && topK < candidates.count ? Array(ordered(candidates).prefix(topK)) : candidates
    guard topP < 1 else { return ordered(limited) }
    let wanted = topP * limited.reduce(0) { $0 + $1.weight }
    for least in [1e-3, 1e-6, 0] {
      let head = ordered(limited.filter { $0.weight >= least })
      var kept = 0, sum = 0.0
      while kept < head.count, sum < wanted {
        sum += head[kept].weight
        kept += 1
      }
      if sum >= wanted || least == 0 { return Array(head.prefix(max(kept, 1))) }
    }
    return []
  }
}
