import Compute
import ModelFiles
import TestSupport
import Testing

@testable import LanguageModel

/// Every family, in every kind of file, against transformers: `Tests/Reference/family_fixtures.py`.
struct FamilyTests {
  /// `numbers.json`.
  private struct Numbers: Decodable {
    let ids: [Int]
    let greedy: [String: [Int]]
  }

  private static let fixtures = Fixtures.languageModel

  /// A checkpoint: the file or folder, and the name under which its numbers stand.
  struct Checkpoint: CustomStringConvertible, Sendable {
    let file: String
    let name: String
    var description: String { file }
  }

  static let families = [
    "llama", "llama3", "mistral", "bloom", "bloom-odd", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi3-longrope",
    "phi4-mini", "llama-heads", "bloom-heads", "olmo2", "olmo3", "granite", "smollm3", "qwen3-moe",
  ]
  static let checkpoints: [Checkpoint] =
    families.flatMap { [Checkpoint(file: "\($0).gguf", name: $0), Checkpoint(file: $0, name: $0)] }
    + ["llama-float16", "llama-bfloat16", "gemma2-scale", "smollm3-window", "qwen3-moe-mixed"].map {
      Checkpoint(file: $0, name: $0)
    }
    + ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "F16", "BF16", "mixed"].map {
      Checkpoint(file: "llama-\($0).gguf", name: "llama-\($0)")
    }
    + [
      Checkpoint(file: "qwen3-moe-Q8_0.gguf", name: "qwen3-moe-Q8_0"),
      Checkpoint(file: "llama-shards", name: "llama"),
      Checkpoint(file: "llama-parts-00001-of-00003.gguf", name: "llama"),
      Checkpoint(file: "llama-parts-00003-of-00003.gguf", name: "llama"),
    ]

  static func load(_ file: String, threads: Int = 2) throws -> LanguageModel {
    let path = fixtures.path("families/\(file)"), context = ComputeContext(threads: threads)
    return file.hasSuffix(".gguf")
      ? try LanguageModel(file: GGUFFile(path: path), context: context)
      : try LanguageModel(folder: CheckpointFolder(path: path), context: context)
  }

  @Test(arguments: checkpoints) func logitsAreTheReferences(checkpoint: Checkpoint) throws {
    let ids = try Self.fixtures.json("families/numbers", as: Numbers.self).ids
    let expected = try #require(Self.fixtures.tensors("families/numbers")["\(checkpoint.name).logits"])
    let model = try Self.load(checkpoint.file)
    for pieces in [[40], [1], [5, 1, 7]] {
      let logits = model.logits(of: try model.cachedStates(ids, pieces: pieces))
      assertClose(logits.values, expected.values, within: .absolute(1e-4), "\(checkpoint), pieces of \(pieces)")
    }
    for prefix in [0, 13] {
      let states = try model.packedStates(prefix: Array(ids[..<prefix]), sequences: [Array(ids[prefix...])])
      assertClose(
        model.logits(of: states).values, expected.values, within: .absolute(1e-4), "\(checkpoint), prefix of \(prefix)")
    }
  }

  @Test(arguments: checkpoints) func greedyTokensAreTheReferences(checkpoint: Checkpoint) throws {
    let numbers = try Self.fixtures.json("families/numbers", as: Numbers.self)
    let expected = try #require(numbers.greedy[checkpoint.name])
    let found = try Self.load(checkpoint.file).greedyTokens(after: [numbers.ids], count: expected.count)
    #expect(found == [expected])
  }

  /// The gradient of `Σ logits · weights` to the embeddings of the input; kept whole, or with each block run again.
  @Test(arguments: checkpoints) func gradientIsTheReferences(checkpoint: Checkpoint) throws {
    let ids = try Self.fixtures.json("families/numbers", as: Numbers.self).ids
    let tensors = try Self.fixtures.tensors("families/numbers")
    let expected = try #require(tensors["\(checkpoint.name).gradient"]), weights = try #require(tensors["weights"])
    let model = try Self.load(checkpoint.file)
    let dLogits = try #require(
      Matrix(rows: ids.count, columns: model.configuration.vocabularySize, values: weights.values))
    var gradients: [Matrix] = []
    for (prefix, budget) in [(0, 1 << 31), (13, 1 << 31), (13, 0)] {
      let batch = PackedBatch(
        prefix: try model.embed(Array(ids[..<prefix])),
        sequences: [PackedBatch.Sequence(rows: try model.embed(Array(ids[prefix...])))])
      var activations = PackedActivations(model.configuration, budget: budget)
      try model.forward(batch, keeping: &activations)
      #expect(activations.keepsAll == (budget > 0 || model.configuration.layers == 1))
      var gradient = model.hiddenGradient(of: dLogits, at: activations.hidden)
      model.backward(&gradient, through: batch, activations: &activations)
      assertClose(gradient.values, expected.values, within: .ofLargest(1e-4), "\(checkpoint), prefix of \(prefix)")
      gradients.append(gradient)
    }
    assertSameBits(gradients[2].values, gradients[1].values, "\(checkpoint), run again")
  }

  /// More threads than this machine has processors, and more than a small product has parts: each number is made by one
  /// thread, in one order.
  @Test(arguments: ["llama-mixed.gguf", "gemma3.gguf", "bloom-odd.gguf", "qwen3-moe-Q8_0.gguf"], [4, 8, 16])
  func threadsChangeNoBit(file: String, threads: Int) throws {
    let ids = try Self.fixtures.json("families/numbers", as: Numbers.self).ids
    func numbers(_ threads: Int) throws -> [[Float]] {
      try [Precision.float32, .int8].flatMap { precision in
        let model = try Self.load(file, threads: threads).with(precision).preparedForGradients()
        let batch = PackedBatch(prefix: try model.embed(ids), sequences: [])
        var activations = PackedActivations(model.configuration)
        try model.forward(batch, keeping: &activations)
        var gradient = activations.hidden
        model.backward(&gradient, through: batch, activations: &activations)
        let cached = model.logits(of: try model.cachedStates(ids, pieces: [7, 1, 32]))
        return [model.logits(of: activations.hidden).values, gradient.values, cached.values]
      }
    }
    for (found, expected) in zip(try numbers(threads), try numbers(1)) {
      assertSameBits(found, expected, "\(file), \(threads) threads")
    }
  }

  /// A row's experts are its own business: the same bits however rows are split. Where products are rounded the numbers
  /// are near those of float32, in the gradient too, which goes through transposed weights at int8; all experts are
  /// used for that, since a rounded state may choose others.
  @Test func expertsServeEachRowByItself() throws {
    let ids = try Self.fixtures.json("families/numbers", as: Numbers.self).ids
    var model = try Self.load("qwen3-moe-Q8_0.gguf")
    func logits(_ model: LanguageModel, _ pieces: [Int]) throws -> [Float] {
      model.logits(of: try model.cachedStates(ids, pieces: pieces)).values
    }
    func gradient(_ model: LanguageModel) throws -> [Float] {
      let batch = PackedBatch(prefix: try model.embed(ids), sequences: [])
      var activations = PackedActivations(model.configuration)
      try model.forward(batch, keeping: &activations)
      var gradient = activations.hidden
      model.backward(&gradient, through: batch, activations: &activations)
      return gradient.values
    }
    assertSameBits(try logits(model, [1]), try logits(model, [40]), "one row at a time")
    for index in model.blocks.indices {
      guard case .experts(let layer) = model.blocks[index].feedForward else { continue }
      model.blocks[index].feedForward = .experts(
        ExpertLayer(
          router: layer.router, gateUp: layer.gateUp, down: layer.down, used: 4, normalizesWeights: true))
    }
    let exact = try logits(model, [40]), exactGradient = try gradient(model)
    for precision in [Precision.bfloat16, .int8] {
      let rounded = try model.with(precision).preparedForGradients()
      assertClose(try logits(rounded, [40]), exact, within: .ofLargest(0.1), "\(precision)")
      assertClose(try gradient(rounded), exactGradient, within: .ofLargest(0.1), "\(precision), gradient")
      #expect(try logits(rounded, [40]) != exact)
    }
  }

  /// The same weights in a folder and in a GGUF file give the same bits, whatever the order of their rows.
  @Test(arguments: [
    "llama", "mistral", "bloom", "bloom-odd", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "phi4-mini",
    "llama-heads", "bloom-heads", "olmo2", "olmo3", "granite", "smollm3", "qwen3-moe",
  ])
  func foldersAndFilesAgreeToTheBit(family: String) throws {
    let ids = try Self.fixtures.json("families/numbers", as: Numbers.self).ids
    let logits = try ["\(family).gguf", family].map { file in
      let model = try Self.load(file)
      return model.logits(of: try model.cachedStates(ids, pieces: [40])).values
    }
    assertSameBits(logits[0], logits[1], family)
  }
}
