import Compute
import Foundation
import LanguageModel

extension LanguageModel {
  /// How far the model's next-token distributions at some rows are from those of the model without a soft prompt:
  /// the sum over the rows of `KL(p₀ ‖ p)`, in nats.
  ///
  /// Its gradient to the logits is `p − p₀`.
  /// - Parameters:
  ///   - rows: The rows, in both batches in the same order, `[count]`.
  ///   - hidden: The hidden states of all rows, `[…, width]`.
  ///   - untouched: The rows in the batch without a soft prompt, and its hidden states.
  ///   - factor: What the gradient is multiplied with.
  ///   - gradient: Gets the gradient to the hidden states added where it is wanted.
  func divergence(
    at rows: [Int], of hidden: Matrix, from untouched: (rows: [Int], hidden: Matrix), factor: Double,
    gradient: inout Matrix, wantsGradient: Bool
  ) -> Double {
    let rowsAtATime = 64
    var sum = 0.0
    for start in stride(from: 0, to: rows.count, by: rowsAtATime) {
      let range = start..<min(start + rowsAtATime, rows.count)
      let own = hidden.gathering(rows: Array(rows[range]))
      var logits = Matrix(rows: range.count, columns: configuration.vocabularySize), shares = logits
      self.logits(of: own, into: &logits)
      self.logits(of: untouched.hidden.gathering(rows: Array(untouched.rows[range])), into: &shares)
      let normalizers = context.logNormalizers(of: logits)
      // ln p₀ + its normalizer, before the logits become p₀.
      let before = shares, untouchedNormalizers = context.logNormalizers(of: before)
      context.replaceBySoftmax(&shares)
      let found = shares
      sum += context.map(range.count) { row in
        let shift = normalizers[row] - untouchedNormalizers[row]
        var divergence = 0.0
        for (share, (old, new)) in zip(found[row: row], zip(before[row: row], logits[row: row])) where share > 0 {
          divergence += Double(share) * (Double(old) - Double(new) + shift)
        }
        return divergence
      }.reduce(0, +)
      guard wantsGradient else { continue }
      context.replaceBySoftmax(&logits)
      context.add(shares, times: -1, to: &logits)
      context.scale(&logits, by: Float(factor))
      let dHidden = hiddenGradient(of: logits, at: own)
      for (index, row) in rows[range].enumerated() { gradient.add(dHidden[row: index], toRow: row) }
    }
    return sum
  }
}
