import Compute
import EngineContract
import LanguageModel
import OppositePrompts
import TestSupport
import Testing

struct PromptInitializationTests {
  private let model: LanguageModel

  init() throws { model = try TinyModel.q8_0.load() }

  private func rows(_ initialization: PromptStart, seed: UInt64 = 1, stream: Int = 0) throws -> Matrix {
    try initialization.rows(of: model, seed: seed, stream: stream)
  }

  @Test func aTextIsItsEmbeddingsTiledOrCut() throws {
    #expect(try rows(.tokens([5, 9, 20], length: nil)) == model.embed([5, 9, 20]))
    #expect(try rows(.tokens([5, 9, 20], length: 3)) == model.embed([5, 9, 20]))
    #expect(try rows(.tokens([5, 9, 20], length: 7)) == model.embed([5, 9, 20, 5, 9, 20, 5]))
    #expect(try rows(.tokens([5, 9, 20], length: 2)) == model.embed([5, 9]))
    #expect(try rows(.tokens([], length: nil)).rows == 0)
    #expect(throws: LanguageModelError.unknownToken(id: 96, vocabularySize: 96)) { try rows(.tokens([96], length: 2)) }
  }

  @Test func vocabularyRowsAreRowsOfTheTable() throws {
    let table = try model.embed(Array(0..<96))
    let drawn = try rows(.vocabulary(length: 200))
    var counts = [Int](repeating: 0, count: 96)
    for row in 0..<200 {
      let token = try #require((0..<96).first { table[row: $0].elementsEqual(drawn[row: row]) }, "row \(row)")
      counts[token] += 1
    }
    // 200 draws of 96 leave 12 tokens out on the average.
    #expect(counts.filter { $0 > 0 }.count > 70 && counts.allSatisfy { $0 < 12 })
  }

  @Test func randomRowsHaveTheirDeviation() throws {
    let given = try rows(.random(length: 300, scale: 0.5))
    #expect(given.rows == 300 && given.columns == 64)
    func moments(_ matrix: Matrix) -> (mean: Double, deviation: Double) {
      let count = Double(matrix.values.count), mean = matrix.values.reduce(0) { $0 + Double($1) } / count
      return (mean, (matrix.values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count).squareRoot())
    }
    // 19,200 numbers: five standard errors of the mean and of the deviation.
    assertClose(moments(given).mean, 0, within: .absolute(0.5 * 0.036))
    assertClose(moments(given).deviation, 0.5, within: .relative(0.026))
    let table = moments(try model.embed(Array(0..<96))).deviation
    assertClose(moments(try rows(.random(length: 300, scale: nil))).deviation, table, within: .relative(0.026))
  }

  @Test func randomRowsAreAFunctionOfSeedAndStream() throws {
    for initialization in [PromptStart.random(length: 4, scale: nil), .vocabulary(length: 4)] {
      let first = try rows(initialization)
      #expect(try rows(initialization) == first)
      #expect(try rows(initialization, seed: 2) != first)
      #expect(try rows(initialization, stream: 1) != first)
    }
  }
}
