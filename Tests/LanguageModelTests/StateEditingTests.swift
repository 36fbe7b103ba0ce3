import Compute
import ModelFiles
import Randomness
import TestSupport
import Testing

@testable import LanguageModel

/// Hidden states that are changed while the model runs.
struct StateEditingTests {
  private let model: LanguageModel
  private let tokens = [5, 17, 3, 42, 8, 9]

  init() throws { model = try FamilyTests.load("llama") }

  private func direction(_ test: Int) -> [Float] {
    var random = CounterRandom(test: test)
    return random.matrix(1, model.configuration.width).values.map { $0 }
  }

  /// Without the direction in embeddings and in what attention and feed-forward layers give, written as adapters of
  /// rank 1: `W − r̂ r̂ᵀ W`.
  @Test func ablationIsThatOfTheWeights() throws {
    let direction = direction(1)
    let norm = direction.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let unit = direction.map { Double($0) / norm }
    let tensors = try SafetensorsFile.read(path: Fixtures.languageModel.path("families/llama/model.safetensors"))
    let settings = try AdapterShape(rank: 1, alpha: 1, targets: [.attentionOutput, .down])
    var adapter = try model.initialAdapter(settings, seed: 1)
    for layer in 0..<model.configuration.layers {
      for (place, target) in settings.targets.enumerated() {
        let weights = try #require(tensors["model.layers.\(layer).\(target.module).weight"])
        let inputs = weights.shape[1]
        var products = [Double](repeating: 0, count: inputs)
        for (row, share) in unit.enumerated() {
          for column in 0..<inputs { products[column] += share * Double(weights.values[row * inputs + column]) }
        }
        let a = try #require(Matrix(rows: 1, columns: inputs, values: products.map(Float.init)))
        let b = try #require(Matrix(rows: unit.count, columns: 1, values: unit.map { Float(-$0) }))
        adapter.pairs[2 * layer + place] = LowRankPair(a: a, b: b)
      }
    }
    var rows = try model.embed(tokens)
    for row in 0..<rows.rows {
      let share = zip(rows[row: row], unit).reduce(0) { $0 + Double($1.0) * $1.1 }
      for column in 0..<rows.columns { rows[row, column] -= Float(share * unit[column]) }
    }
    let expected = try states(of: rows, in: model.adapting(adapter))
    let edited = try model.editing([StateEdit(.ablate, of: direction)])
    let found = try states(of: model.embed(tokens), in: edited)
    assertClose(found.values, expected.values, within: .ofLargest(1e-5))
    for row in 0..<found.rows {
      let left = zip(found[row: row], unit).reduce(0) { $0 + Double($1.0) * $1.1 }
      assertClose(left, 0, within: .absolute(1e-4), "row \(row)")
    }
    #expect(!edited.isIdentical(to: model) && model.edits.isEmpty)
  }

  /// What is added behind a block is there behind it, at every position, and nowhere before.
  @Test func anAdditionStandsBehindItsBlock() throws {
    let direction = direction(2), last = model.configuration.layers
    let edited = try model.editing([StateEdit(.add(scale: 0.5, behind: 1), of: direction)])
    let rows = try model.embed(tokens)
    let plain = try model.hiddenStates(of: rows, behind: [0, 1, last])
    let moved = try edited.hiddenStates(of: rows, behind: [0, 1, last])
    #expect(plain[0] == moved[0])
    assertClose(moved[1], zip(plain[1], direction).map { $0 + 0.5 * $1 }, within: .absolute(1e-6))
    #expect(plain[2] != moved[2])
    // Behind the last block, every row has it.
    let end = try model.editing([StateEdit(.add(scale: 2, behind: last), of: direction)])
    let found = try states(of: rows, in: end), before = try states(of: rows, in: model)
    for row in 0..<found.rows {
      assertClose(
        found[row: row], zip(before[row: row], direction).map { $0 + 2 * $1 }, within: .absolute(1e-5), "row \(row)")
    }
  }

  /// How rows are split over calls changes no bit, and a prefix is changed as well.
  @Test func editsReachEveryRowOnce() throws {
    let edited = try model.editing([
      StateEdit(.ablate, of: direction(3)), StateEdit(.add(scale: 1, behind: 1), of: direction(4)),
    ])
    let whole = try edited.cachedStates(tokens, pieces: [tokens.count])
    assertSameBits(try edited.cachedStates(tokens, pieces: [2, 1]).values, whole.values)
    let prefix = try edited.prefix(edited.embed(Array(tokens.prefix(2))))
    let behind = try edited.cachedStates(Array(tokens.dropFirst(2)), pieces: [4], prefix: prefix)
    assertClose(behind.values, whole.rows(in: 2..<tokens.count).values, within: .ofLargest(1e-5))
  }

  @Test func aDirectionOfAnotherModelIsRefused() {
    #expect(throws: LanguageModelError.self) { try model.editing([StateEdit(.ablate, of: [1, 2, 3])]) }
  }

  private func states(of rows: Matrix, in model: LanguageModel) throws -> Matrix {
    var memory = PassMemory(model.configuration)
    model.forwardAllRows(
      [SequenceInput(embeddings: rows, slot: 0)], cache: model.makeCache(slots: 1, capacity: rows.rows),
      memory: &memory)
    return memory.states
  }
}
