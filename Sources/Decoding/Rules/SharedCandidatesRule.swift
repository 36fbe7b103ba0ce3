package import Compute
import Foundation

/// SafeDecoding (Xu et al., arXiv 2402.08983): for the first tokens of an answer, base and expert over the tokens that
/// both hold likely, `p = p_base + α · (p_expert − p_base)`; then the base alone.
///
/// The candidates are the intersection of both streams' `k` likeliest tokens for the least `k` that gives at least `c`
/// of them. What falls below 0 is as good as impossible; the rest counts in proportion, so the combined logits are
/// logarithms.
package struct SharedCandidatesRule: CombinationRule {
  /// The strength α.
  package var alpha: Double
  /// The least number c of candidates.
  package var candidates: Int
  /// How many tokens m are chosen so; 0 for all.
  package var steps: Int

  package init(alpha: Double, candidates: Int, steps: Int) {
    self.alpha = alpha
    self.candidates = candidates
    self.steps = steps
  }

  /// The number of streams.
  package var streams: Int { 2 }

  /// Combines one sequence's streams.
  package func combine(_ rows: StreamRows, step: Int) {
    guard steps == 0 || step < steps else { return }
    let shared = sharedCandidates(of: rows)
    let base = rows.logNormalizer(of: 0), expert = rows.logNormalizer(of: 1)
    let weights = shared.map { token in
      let before = exp(Double(rows[0, token]) - base)
      return before + alpha * (exp(Double(rows[1, token]) - expert) - before)
    }
    for token in 0..<rows.vocabulary { rows[0, token] = -.infinity }
    for (token, weight) in zip(shared, weights) {
      rows[0, token] = Float(log(max(weight, Double(Float.leastNormalMagnitude))))
    }
  }

  /// The candidates, in ascending order.
  func sharedCandidates(of rows: StreamRows) -> [Int] {
    let wanted = min(candidates, rows.vocabulary)
    var depth = min(max(64, 4 * wanted), rows.vocabulary)
    while true {
      let base = rows.likeliest(depth, in: 0), expert = rows.likeliest(depth, in: 1)
      var seenByBase: Set<Int> = [], seenByExpert: Set<Int> = [], shared: [Int] = []
      for (first, second) in zip(base, expert) {
        seenByBase.insert(first)
        seenByExpert.insert(second)
        if seenByExpert.contains(first) { shared.append(first) }
        if second != first, seenByBase.contains(second) { shared.append(second) }
        if shared.count >= wanted { return shared.sorted() }
      }
      depth = min(depth * 8, rows.vocabulary)
    }
  }
}

extension StreamRows {
  /// The `count` likeliest tokens of a stream, the likeliest first, lower ids first among equals.
  func likeliest(_ count: Int, in stream: Int) -> [Int] {
    func precedes(_ left: Int, _ right: Int) -> Bool {
      self[stream, left] == self[stream, right] ? left < right : self[stream, left] > self[stream, right]
    }
    guard count < vocabulary / 4 else {
      return Array((0..<vocabulary).sorted(by: precedes).prefix(count))
    }
    // Twice as many as wanted are gathered before they are sorted and cut.
    var kept: [Int] = []
    var least = -Float.infinity
    for token in 0..<vocabulary where kept.count < count || self[stream, token] > least {
      kept.append(token)
      guard kept.count == 2 * count || kept.count == count else { continue }
      kept.sort(by: precedes)
      kept.removeLast(kept.count - count)
      least = kept.last.map { self[stream, $0] } ?? least
    }
    return Array(kept.sorted(by: precedes).prefix(count))
  }
}
