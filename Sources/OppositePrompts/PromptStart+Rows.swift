package import Compute
package import EngineContract
package import LanguageModel
import Randomness

extension PromptStart {
  /// The rows, `[P, d]`.
  /// - Parameters:
  ///   - seed: With `stream`, what the random numbers are a function of.
  ///   - stream: Tells the two prompts apart, so that they do not begin alike by chance.
  /// - Throws: `LanguageModelError` for a token that the model does not have.
  package func rows(of model: LanguageModel, seed: UInt64, stream: Int) throws(LanguageModelError) -> Matrix {
    try rows(
      width: model.configuration.width, vocabularySize: model.configuration.vocabularySize, seed: seed, stream: stream,
      embed: { (tokens) throws(LanguageModelError) in try model.embed(tokens) },
      deviation: { () throws(LanguageModelError) in try Self.standardDeviation(of: model) })
  }

  /// The rows, `[P, d]`, of any model.
  /// - Parameters:
  ///   - width: d.
  ///   - embed: The embedding table's rows of some tokens.
  ///   - deviation: The standard deviation of all values of the embedding table.
  package func rows<Failure: Error>(
    width: Int, vocabularySize: Int, seed: UInt64, stream: Int, embed: ([Int]) throws(Failure) -> Matrix,
    deviation: () throws(Failure) -> Double
  ) throws(Failure) -> Matrix {
    var random = CounterRandom(seed: seed, purpose: .initialization, sample: stream)
    switch self {
    case .tokens(let tokens, let length):
      guard let length, !tokens.isEmpty else { return try embed(tokens) }
      return try embed((0..<length).map { tokens[$0 % tokens.count] })
    case .vocabulary(let length):
      var tokens: [Int] = []
      for _ in 0..<length { tokens.append(random.integer(below: vocabularySize)) }
      return try embed(tokens)
    case .random(let length, let scale):
      let spread: Double
      if let scale { spread = scale } else { spread = try deviation() }
      var rows = Matrix(rows: length, columns: width)
      for row in 0..<length {
        for column in 0..<rows.columns { rows[row, column] = Float(random.normal() * spread) }
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
