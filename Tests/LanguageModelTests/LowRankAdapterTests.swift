import Compute
import Foundation
import ModelFiles
import Randomness
import TestSupport
import Testing

@testable import LanguageModel

/// Low-rank adapters against PEFT: `Tests/Reference/lora_fixtures.py`.
struct LowRankAdapterTests {
  private struct Numbers: Decodable {
    let response: Int
    let losses: [String: Double]
  }

  private struct Prompt: Decodable {
    let ids: [Int]
  }

  private static let folder = Fixtures.languageModel.path("lora")
  private static let families = ["llama", "qwen3", "gemma3", "phi3"]
  private static let checkpoints = families.flatMap { [$0, "\($0).gguf"] }

  private let ids: [Int]

  init() throws { ids = try Fixtures.languageModel.json("families/numbers", as: Prompt.self).ids }

  private func adapter(of family: String) throws -> LowRankAdapter {
    try LowRankAdapter(LoraAdapterFile(folder: "\(Self.folder)/theirs-\(family)"))
  }

  /// The adapter in `lora/ours`, of llama.
  private func ours() throws -> LowRankAdapter {
    let settings = try AdapterShape(
      rank: 4, alpha: 6.5, targets: AdapterTarget.allCases.reversed(), isRankStabilized: true)
    var adapter = try FamilyTests.load("llama").initialAdapter(settings, seed: 11)
    for index in adapter.pairs.indices {
      // Multiples of 1/16: the file's bytes do not hang on how random normal numbers are rounded.
      let b = adapter.pairs[index].b
      let values = (0..<b.rows * b.columns).map { Float(($0 * 7 + index * 5) % 33 - 16) / 64 }
      adapter.pairs[index].b = try #require(Matrix(rows: b.rows, columns: b.columns, values: values))
    }
    return adapter
  }

  /// An adapter with random matrices, B among them.
  private func random(_ model: LanguageModel, rank: Int = 3, test: Int = 1) throws -> LowRankAdapter {
    let settings = try AdapterShape(rank: rank, alpha: 5, targets: AdapterTarget.allCases)
    var adapter = try model.initialAdapter(settings, seed: 3), random = CounterRandom(test: test)
    for index in adapter.pairs.indices {
      adapter.pairs[index].b = random.matrix(adapter.pairs[index].b.rows, rank, scale: 0.1)
    }
    return adapter
  }

  private func logits(_ model: LanguageModel) throws -> [Float] {
    model.logits(of: try model.cachedStates(ids, pieces: [ids.count])).values
  }

  // MARK: - Against PEFT

  @Test func theFixtureIsWhatWeWrite() throws {
    let folder = URL(filePath: "\(Self.folder)/ours")
    for (name, bytes) in try ours().file(baseModelName: "a/model").encode() {
      if ProcessInfo.processInfo.environment["ANTIPODE_RECORD_SNAPSHOTS"] != nil {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try bytes.write(to: folder.appending(path: name))
      }
      #expect(try Data(contentsOf: folder.appending(path: name)) == bytes, "\(name)")
    }
    #expect(try LowRankAdapter(LoraAdapterFile(folder: folder.path)) == ours())
  }

  @Test(arguments: ["llama", "llama.gguf"]) func logitsOfOursAreThoseOfPEFT(file: String) throws {
    let expected = try #require(Fixtures.languageModel.tensors("lora/numbers")["ours.logits"])
    let model = try FamilyTests.load(file)
    assertClose(try logits(model.adapting(ours())), expected.values, within: .absolute(1e-4))
    #expect(!Comparison(of: try logits(model), with: expected.values, within: .absolute(1e-2)).isClose)
  }

  @Test(arguments: checkpoints) func logitsOfTheirsAreThoseOfPEFT(file: String) throws {
    let family = file.replacing(".gguf", with: "")
    let expected = try #require(Fixtures.languageModel.tensors("lora/numbers")["\(family).logits"])
    let base = try FamilyTests.load(file)
    let model = try base.adapting(adapter(of: family))
    for pieces in [[40], [1], [5, 1, 7]] {
      let logits = model.logits(of: try model.cachedStates(ids, pieces: pieces))
      assertClose(logits.values, expected.values, within: .absolute(1e-4), "\(file), pieces of \(pieces)")
    }
    for prefix in [0, 13] {
      let states = try model.packedStates(prefix: Array(ids[..<prefix]), sequences: [Array(ids[prefix...])])
      assertClose(model.logits(of: states).values, expected.values, within: .absolute(1e-4), "\(file), \(prefix)")
    }
    #expect(!Comparison(of: try logits(base), with: expected.values, within: .absolute(1e-2)).isClose)
  }

  /// The mean cross-entropy of the last tokens, and its gradient to the adapter and to the input.
  private func loss(
    _ model: LanguageModel, response: Int, prefix: Int = 0, budget: Int = 1 << 31
  ) throws -> (loss: Double, gradient: AdapterGradient, input: Matrix) {
    let batch = PackedBatch(
      prefix: try model.embed(Array(ids[..<prefix])),
      sequences: [PackedBatch.Sequence(rows: try model.embed(Array(ids[prefix...])))])
    var activations = PackedActivations(model.configuration, budget: budget)
    try model.forward(batch, keeping: &activations)
    let rows = Array(ids.count - response - 1..<ids.count - 1), targets = Array(ids.suffix(response))
    let hidden = activations.hidden.gathering(rows: rows)
    var logits = model.logits(of: hidden)
    let normalizers = model.context.logNormalizers(of: logits)
    let sum = targets.enumerated().reduce(0.0) { $0 + normalizers[$1.offset] - Double(logits[$1.offset, $1.element]) }
    model.context.replaceByCrossEntropyGradient(
      &logits, targets: targets, coefficients: targets.map { _ in 1 / Float(response) }, normalizers: normalizers)
    let dHidden = model.hiddenGradient(of: logits, at: hidden)
    var input = Matrix(rows: ids.count, columns: model.configuration.width)
    for (index, row) in rows.enumerated() { input[row: row] = dHidden[row: index] }
    var gradient = AdapterGradient(for: model)
    model.backward(&input, through: batch, activations: &activations, adapter: &gradient)
    return (sum / Double(response), gradient, input)
  }

  @Test(arguments: checkpoints) func lossAndGradientsAreThoseOfPEFT(file: String) throws {
    let family = file.replacing(".gguf", with: "")
    let numbers = try Fixtures.languageModel.json("lora/numbers", as: Numbers.self)
    let tensors = try Fixtures.languageModel.tensors("lora/numbers")
    let adapter = try adapter(of: family), model = try FamilyTests.load(file).adapting(adapter)
    let targets = adapter.settings.targets
    for prefix in [0, 13] {
      let found = try loss(model, response: numbers.response, prefix: prefix)
      assertClose(found.loss, try #require(numbers.losses[family]), within: .absolute(1e-5), file)
      for (index, pair) in found.gradient.pairs.enumerated() {
        let module = "layers.\(index / targets.count).\(targets[index % targets.count].module)"
        for (matrix, values) in [("A", pair.a.values), ("B", pair.b.values)] {
          let key = "\(family).gradient.base_model.model.model.\(module).lora_\(matrix).weight"
          let expected = try #require(tensors[key], "\(key)")
          assertClose(values, expected.values, within: .ofLargest(1e-4), "\(file), prefix of \(prefix), \(key)")
        }
      }
    }
  }

  // MARK: - By itself

  /// The slope of the loss along random directions of one matrix after another, by central differences.
  @Test func gradientIsTheSlopeOfTheLoss() throws {
    let base = try FamilyTests.load("llama.gguf"), adapter = try random(base)
    let gradient = try loss(base.adapting(adapter), response: 20).gradient.pairs
    var numbers = CounterRandom(test: 7)
    for index in adapter.pairs.indices {
      for path in [\LowRankPair.a, \LowRankPair.b] {
        let values = adapter.pairs[index][keyPath: path]
        let direction = numbers.matrix(values.rows, values.columns)
        func moved(by step: Float) throws -> Double {
          var moved = adapter
          for row in 0..<values.rows {
            for column in 0..<values.columns {
              moved.pairs[index][keyPath: path][row, column] += step * direction[row, column]
            }
          }
          return try loss(base.adapting(moved), response: 20).loss
        }
        let slope = (try moved(by: 4e-3) - moved(by: -4e-3)) / 8e-3
        let expected = zip(gradient[index][keyPath: path].values, direction.values).reduce(0.0) {
          $0 + Double($1.0) * Double($1.1)
        }
        let size = gradient[index][keyPath: path].values.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
        #expect(abs(slope - expected) < 0.02 * size, "pair \(index): \(slope), gradient \(expected), size \(size)")
      }
    }
  }

  @Test(arguments: ["llama.gguf", "qwen3", "gemma3"]) func anAdapterThatAddsNothingHasTheBasesBits(file: String) throws
  {
    let base = try FamilyTests.load(file)
    let model = try base.adapting(
      base.initialAdapter(AdapterShape(rank: 8, alpha: 16, targets: AdapterTarget.allCases), seed: 1))
    assertSameBits(try logits(model), try logits(base), "cached")
    let before = try loss(base, response: 20, prefix: 13), after = try loss(model, response: 20, prefix: 13)
    #expect(before.loss == after.loss)
    assertSameBits(after.input.values, before.input.values, "gradient to the input")
    #expect(before.gradient.pairs.isEmpty)
    // A's gradient goes through B, which is zero; B's does not go through itself.
    for pair in after.gradient.pairs {
      #expect(pair.a.values.allSatisfy { $0 == 0 } && pair.b.values.contains { $0 != 0 })
    }
    let random = try random(base)
    #expect(try logits(base.adapting(random)) != logits(base))
    assertSameBits(try logits(base.adapting(random).adapting(nil)), try logits(base), "taken out")
    assertSameBits(try logits(model.adapting(random)), try logits(base.adapting(random)), "replaced")
  }

  @Test func allKernelsAndThreadsGiveTheSameBits() throws {
    let adapter = try random(TinyModel.q8_0.load(), rank: 19)
    let expected = try loss(TinyModel.q8_0.load(threads: 1).adapting(adapter), response: 20, prefix: 5)
    for kernels in KernelSet.available {
      for threads in [1, 2, 4] {
        let model = try TinyModel.q8_0.load(threads: threads, kernels: kernels).adapting(adapter)
        for budget in [0, 1 << 31] {
          let found = try loss(model, response: 20, prefix: 5, budget: budget)
          let name = "\(kernels.name), \(threads) threads, budget \(budget)"
          #expect(found.loss == expected.loss, "\(name)")
          #expect(found.gradient.pairs == expected.gradient.pairs, "\(name)")
          assertSameBits(found.input.values, expected.input.values, name)
        }
      }
    }
    let model = try TinyModel.q8_0.load().adapting(adapter)
    let whole = try model.cachedStates(ids, pieces: [40]).values
    assertSameBits(try model.cachedStates(ids, pieces: [1]).values, whole, "one by one")
    assertSameBits(try model.packedStates(prefix: [], sequences: [ids]).values, whole, "packed")
  }

  @Test func gradientsAddUpOverPasses() throws {
    let model = try FamilyTests.load("llama").adapting(ours())
    let batch = PackedBatch(
      prefix: Matrix(rows: 0, columns: 32), sequences: [PackedBatch.Sequence(rows: try model.embed(ids))])
    var activations = PackedActivations(model.configuration), numbers = CounterRandom(test: 2)
    try model.forward(batch, keeping: &activations)
    let slopes = numbers.matrix(ids.count, 32)
    var sum = AdapterGradient(for: model), input = slopes
    model.backward(&input, through: batch, activations: &activations, adapter: &sum)
    let once = sum.pairs
    input = slopes
    model.backward(&input, through: batch, activations: &activations, adapter: &sum)
    for (twice, once) in zip(sum.pairs, once) {
      assertClose(twice.a.values, once.a.values.map { 2 * $0 }, within: .ofLargest(1e-5))
      assertClose(twice.b.values, once.b.values.map { 2 * $0 }, within: .ofLargest(1e-5))
    }
    sum.clear()
    input = slopes
    model.backward(&input, through: batch, activations: &activations, adapter: &sum)
    #expect(sum.pairs == once)
  }

  @Test func initializationIsUniformAndAFunctionOfTheSeed() throws {
    let model = try TinyModel.f32.load()
    let settings = try AdapterShape(rank: 8, alpha: 16, targets: [.down, .query])
    #expect(settings.targets == [.query, .down] && settings.scale == 2)
    let adapter = try model.initialAdapter(settings, seed: 4)
    #expect(try model.initialAdapter(settings, seed: 4) == adapter)
    #expect(try model.initialAdapter(settings, seed: 5) != adapter)
    #expect(adapter.pairs.count == 4 && adapter.matrices.count == 8)
    #expect(adapter.pairs.map(\.a.columns) == [64, 96, 64, 96] && adapter.pairs.map(\.b.rows) == [64, 64, 64, 64])
    for pair in adapter.pairs {
      let bound = 1 / Float(pair.a.columns).squareRoot()
      #expect(pair.a.values.allSatisfy { abs($0) <= bound } && pair.b.values.allSatisfy { $0 == 0 })
      #expect(pair.a.values.contains { $0 > 0.9 * bound } && pair.a.values.contains { $0 < -0.9 * bound })
    }
    #expect(adapter.pairs[0].a != adapter.pairs[2].a)
    // The matrices of a target do not depend on which others are adapted.
    let alone = try model.initialAdapter(AdapterShape(rank: 8, alpha: 16, targets: [.down]), seed: 4)
    #expect(alone.pairs[0] == adapter.pairs[1])
  }

  @Test func whatDoesNotFitIsRefused() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch { return "\(error)" }
    }
    let model = try TinyModel.f32.load(), phi3 = try FamilyTests.load("phi3"), bloom = try FamilyTests.load("bloom")
    let query = try AdapterShape(rank: 2, alpha: 4, targets: [.query])
    #expect(
      message { _ = try phi3.initialAdapter(query, seed: 0) }.contains("found q_proj, expected matrices of Phi-3"))
    #expect(message { _ = try bloom.initialAdapter(query, seed: 0) }.contains("Bloom models have no matrices"))
    #expect(message { _ = try AdapterShape(rank: 0, alpha: 4, targets: [.query]) }.contains("rank: found 0"))
    #expect(message { _ = try AdapterShape(rank: 1, alpha: .nan, targets: [.query]) }.contains("alpha: found nan"))
    #expect(message { _ = try AdapterShape(rank: 1, alpha: 1, targets: []) }.contains("targets: found none"))
    #expect(message { _ = try model.adapting(ours()) }.contains("layer 0, q_proj: found A [4, 32] and B [32, 4]"))
    #expect(message { _ = try FamilyTests.load("llama").adapting(ours()) } == "no error")
    #expect(message { _ = try FamilyTests.load("gemma3").adapting(ours()) }.contains("found 14 pairs, expected 49"))
    let odd = LoraAdapterFile(
      rank: 1, alpha: 1, isRankStabilized: false, modules: ["self_attn.qkv_proj"], layers: [], baseModelName: nil)
    #expect(message { _ = try LowRankAdapter(odd) }.contains("found self_attn.qkv_proj"))
  }
}
