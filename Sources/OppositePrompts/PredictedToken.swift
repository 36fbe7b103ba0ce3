import Compute
import LanguageModel

/// A token of a response, and the row of a batch after which it comes.
struct PredictedToken {
  var row: Int
  var token: Int
}

extension LanguageModel {
  /// The output head at the rows that predict tokens, and its gradient; 128 rows at a time, since logits are wide.
  /// - Parameters:
  ///   - hidden: The hidden states of all rows, `[rows, width]`.
  ///   - gradient: Gets the gradient to them added where it is wanted, `[rows, width]`.
  ///   - slope: Called with each token's place in `tokens`, in order, and its `ln P`; gives the factor of its
  ///     cross-entropy's gradient, `softmax − one-hot`, to the logits.
  func score(
    _ tokens: [PredictedToken], hidden: Matrix, gradient: inout Matrix, wantsGradient: Bool,
    slope: (Int, Double) -> Double
  ) {
    let rowsAtATime = 128
    var logits = Matrix(rows: 0, columns: configuration.vocabularySize)
    for start in stride(from: 0, to: tokens.count, by: rowsAtATime) {
      let chunk = Array(tokens[start..<min(start + rowsAtATime, tokens.count)])
      let hidden = hidden.gathering(rows: chunk.map(\.row))
      logits.resize(rows: chunk.count)
      self.logits(of: hidden, into: &logits)
      let normalizers = context.logNormalizers(of: logits)
      var coefficients = [Float](repeating: 0, count: chunk.count)
      for (index, predicted) in chunk.enumerated() {
        coefficients[index] = Float(
          slope(start + index, Double(logits[index, predicted.token]) - normalizers[index]))
      }
      guard wantsGradient else { continue }
      context.replaceByCrossEntropyGradient(
        &logits, targets: chunk.map(\.token), coefficients: coefficients, normalizers: normalizers)
      let dHidden = hiddenGradient(of: logits, at: hidden)
      for (index, predicted) in chunk.enumerated() { gradient.add(dHidden[row: index], toRow: predicted.row) }
    }
  }
}
