package import Compute
import EngineContract
package import LanguageModel
import Randomness

extension PromptStart {
  /// The rows, `[P, d]`.
  /// - Parameters:
  ///   - seed: With `stream`, what the random numbers are a function of.
  ///   - stream: Tells the two prompts apart, so that they do not begin alike by chance.
  /// - Throws: `LanguageModelError` for a token that the model does not have.
  package func rows(of model: LanguageModel, seed: UInt64, stream: Int) throws(LanguageModelError) -> Matrix {
    var random = CounterRandom(seed: seed, purpose: .initialization, sample: stream)
    switch self {
    case .tokens(let tokens, let length):
      guard let length, !tokens.isEmpty else { return try model.embed(tokens) }
      return try model.embed((0..<length).map { tokens[$0 % tokens.count] })
    case .vocabulary(let length):
      let size = model.configuration.vocabularySize
      var tokens: [Int] = []
      for _ in 0..<length { tokens.append(random.integer(below: size)) }
      return try model.embed(tokens)
    case .random(let length, let scale):
      let deviation: Double
      if let scale { deviation = scale } else { deviation = try Self.standardDeviation(of: model) }
      var rows = Matrix(rows: length, columns: model.configuration.width)
      for row in 0..<length {
        for column in 0..<rows.columns { rows[row, column] = Float(random.normal() * deviation) }
      }
      return rows
    }
  }

  /// The standard deviation of all values of the embedding table.
  private static func standardDeviation(of model: LanguageModel) throws(LanguageModelError) -> Double {
    var count = 0, sum = 0.0, squares = 0.0
    let size = model.configuration.vocabularySize
    for start in stride(from: 0, to: size, by: 1024) {
      for value in try model.embed(Array(start..<min(start + 1024, size))).values {
        sum += Double(value)
        squares += Double(value) * Double(value)
        count += 1
      }
    }
    let mean = sum / Double(count)
    return (squares / Double(count) - mean * mean).squareRoot()
  }
}
