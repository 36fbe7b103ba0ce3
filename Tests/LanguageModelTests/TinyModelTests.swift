import Compute
import ModelFiles
import TestSupport
import Testing

@testable import LanguageModel

/// The engine on the tiny checkpoints, one for each weight format, against PyTorch.
struct TinyModelTests {
  @Test func readsTheConfiguration() throws {
    let configuration = try TinyModel.f32.load().configuration
    #expect(configuration.family == "Llama")
    #expect(configuration.layers == 2 && configuration.width == 64 && configuration.feedForwardWidth == 96)
    #expect(configuration.attention == AttentionShape(queryHeads: 4, keyValueHeads: 2, headSize: 16))
    #expect(configuration.vocabularySize == 96 && configuration.contextLength == 256)
    #expect(configuration.ropeBase == 10_000 && configuration.normEpsilon == 1e-4)
    #expect(try TinyModel.f32.load().positionLimit == 256)
  }

  @Test(arguments: TinyModel.allCases) func logitsAreTheReferences(kind: TinyModel) throws {
    let ids = try Fixtures.languageModel.json("tiny-llama", as: TinyFixture.self).ids
    let expected = try #require(Fixtures.languageModel.tensors("tiny-llama")["\(kind).logits"])
    let model = try kind.load()
    for pieces in [[ids.count], [1], [5, 1, 4]] {
      let logits = model.logits(of: try model.cachedStates(ids, pieces: pieces))
      assertClose(logits.values, expected.values, within: .absolute(2e-5), "\(kind), pieces of \(pieces)")
    }
    let logits = model.logits(of: try model.packedStates(prefix: [], sequences: [ids]))
    assertClose(logits.values, expected.values, within: .absolute(2e-5), "\(kind), packed")
  }

  /// The gradient to a batch's embeddings, from that to its logits.
  private func gradient(of dLogits: Matrix, through batch: PackedBatch, _ model: LanguageModel) throws -> Matrix {
    var activations = PackedActivations(model.configuration)
    try model.forward(batch, keeping: &activations)
    var gradient = model.hiddenGradient(of: dLogits, at: activations.hidden)
    model.backward(&gradient, through: batch, activations: &activations)
    return gradient
  }

  /// The gradient of `Σ logits · weights` to the embeddings of the input.
  @Test(arguments: TinyModel.allCases, [0, 5]) func gradientIsTheReferences(kind: TinyModel, prefix: Int) throws {
    let ids = try Fixtures.languageModel.json("tiny-llama", as: TinyFixture.self).ids
    let tensors = try Fixtures.languageModel.tensors("tiny-llama")
    let expected = try #require(tensors["\(kind).gradient"]), weights = try #require(tensors["weights"])
    let model = try kind.load()
    let batch = PackedBatch(
      prefix: try model.embed(Array(ids[..<prefix])),
      sequences: [PackedBatch.Sequence(rows: try model.embed(Array(ids[prefix...])))])
    let dLogits = try #require(Matrix(rows: ids.count, columns: 96, values: weights.values))
    let gradient = try gradient(of: dLogits, through: batch, model)
    assertClose(gradient.values, expected.values, within: .ofLargest(2e-5), "\(kind)")
  }

  /// At int8 the gradient goes through transposed weights of 8 bits, and is near the reference's and really another.
  @Test(arguments: TinyModel.allCases) func quantizedGradientIsNearTheReferences(kind: TinyModel) throws {
    let ids = try Fixtures.languageModel.json("tiny-llama", as: TinyFixture.self).ids
    let tensors = try Fixtures.languageModel.tensors("tiny-llama")
    let expected = try #require(tensors["\(kind).gradient"]), weights = try #require(tensors["weights"])
    let dLogits = try #require(Matrix(rows: ids.count, columns: 96, values: weights.values))
    func gradient(_ model: LanguageModel) throws -> [Float] {
      let batch = PackedBatch(
        prefix: try model.embed([]), sequences: [PackedBatch.Sequence(rows: try model.embed(ids))])
      return try self.gradient(of: dLogits, through: batch, model).values
    }
    let plain = try kind.load().with(.int8), prepared = try plain.preparedForGradients()
    let found = try gradient(prepared)
    assertClose(found, expected.values, within: .ofLargest(4e-2), "\(kind)")
    // Weights that are not quantized stay as they are.
    #expect((found == (try gradient(plain))) == (kind == .f32 || kind == .f16), "\(kind)")
    assertSameBits(
      try gradient(prepared.with(.float32)), try gradient(plain.with(.float32)), "\(kind), at another precision")
  }

  /// Rounded, the numbers are near the reference's, the same bits in every way of running them, and really others.
  @Test(arguments: TinyModel.allCases, [Precision.bfloat16, .int8])
  func roundedLogitsAreNearTheReferences(kind: TinyModel, precision: Precision) throws {
    let ids = try Fixtures.languageModel.json("tiny-llama", as: TinyFixture.self).ids
    let expected = try #require(Fixtures.languageModel.tensors("tiny-llama")["\(kind).logits"])
    let exact = try kind.load(), model = exact.with(precision)
    let logits = model.logits(of: try model.cachedStates(ids, pieces: [ids.count]))
    let tolerance = Tolerance.ofLargest(precision == .int8 ? 4e-2 : 2e-2)
    assertClose(logits.values, expected.values, within: tolerance, "\(kind), \(precision)")
    #expect(logits != exact.logits(of: try exact.cachedStates(ids, pieces: [ids.count])), "nothing was rounded")
    for pieces in [[1], [5, 1, 4]] {
      let others = model.logits(of: try model.cachedStates(ids, pieces: pieces))
      assertSameBits(others.values, logits.values, "\(kind), pieces of \(pieces)")
    }
    assertSameBits(
      model.logits(of: try model.packedStates(prefix: [], sequences: [ids])).values, logits.values, "\(kind), packed")
  }

  /// Two copies of one answer after one instruction: the instruction is run once and gets both gradients.
  @Test func gradientOfATreeIsTheSumOverItsPaths() throws {
    let ids = try Fixtures.languageModel.json("tiny-llama", as: TinyFixture.self).ids
    let weights = try #require(try Fixtures.languageModel.tensors("tiny-llama")["weights"])
    let model = try TinyModel.f32.load()
    func gradient(_ batch: PackedBatch, _ dLogits: Matrix) throws -> Matrix {
      try self.gradient(of: dLogits, through: batch, model)
    }
    let prefix = try model.embed(Array(ids[..<3])), turn = try model.embed(Array(ids[3..<7]))
    let answer = try model.embed(Array(ids[7...]))
    let dLogits = try #require(Matrix(rows: ids.count, columns: 96, values: weights.values))
    let plain = try gradient(
      PackedBatch(
        prefix: prefix, sequences: [.init(rows: Matrix.stacking([turn, answer], columns: turn.columns))]), dLogits)
    let tree = try gradient(
      PackedBatch(prefix: prefix, sequences: [.init(rows: turn, continuations: [answer, answer])]),
      dLogits.gathering(rows: Array(0..<7) + Array(7..<ids.count) + Array(7..<ids.count)))
    let shared = try gradient(
      PackedBatch(prefix: prefix, sequences: [.init(rows: turn)]), dLogits.rows(in: 0..<7))
    // Both paths together: twice the whole less the shared rows' own, which stood there once.
    let expected = (0..<7 * turn.columns).map { 2 * plain.values[$0] - shared.values[$0] }
    assertClose(Array(tree.values[..<(7 * turn.columns)]), expected, within: .ofLargest(1e-5))
    for copy in 0..<2 {
      let first = (7 + copy * answer.rows) * turn.columns
      assertClose(
        Array(tree.values[first..<first + answer.values.count]), Array(plain.values[(7 * turn.columns)...]),
        within: .ofLargest(1e-5))
    }
  }

  @Test(arguments: TinyModel.allCases) func allKernelsAndThreadsGiveTheSameBits(kind: TinyModel) throws {
    let ids = try Fixtures.languageModel.json("tiny-llama", as: TinyFixture.self).ids
    let expected = try kind.load(threads: 1)
    let logits = expected.logits(of: try expected.cachedStates(ids, pieces: [12]))
    for kernels in KernelSet.available {
      for threads in [1, 2, 4] {
        let model = try kind.load(threads: threads, kernels: kernels)
        assertSameBits(
          model.logits(of: try model.cachedStates(ids, pieces: [12])).values, logits.values,
          "\(kind), \(kernels.name), \(threads) threads")
      }
    }
  }

  @Test func embeddingsAreTheTablesRows() throws {
    let model = try TinyModel.q8_0.load()
    let rows = try model.embed([3, 95, 0, 3])
    #expect(rows.rows == 4 && rows.columns == 64)
    #expect(rows[row: 0].elementsEqual(rows[row: 3]))
    #expect(try rows[row: 1].elementsEqual(model.embed([95])[row: 0]))
    #expect(try model.embed([]).rows == 0)
  }

  @Test func anUnknownTokenIsAnError() throws {
    let model = try TinyModel.f32.load()
    for token in [96, -1, Int.max, Int.min] {
      #expect(throws: LanguageModelError.unknownToken(id: token, vocabularySize: 96)) {
        try model.embed([1, token])
      }
    }
  }

  @Test func tooManyPositionsAreAnErrorAndChangeNothing() throws {
    let model = try TinyModel.f32.load()
    let long = [Int](repeating: 5, count: 257)
    let error = LanguageModelError.tooLong(positions: 257, limit: 256)
    #expect(throws: error) { try model.prefix(model.embed(long)) }
    #expect(throws: error) { try model.packedStates(prefix: [], sequences: [long]) }
    #expect(throws: error) {
      try model.packedStates(prefix: Array(long[..<200]), sequences: [[4], Array(long[..<57])])
    }
    #expect(try model.cachedStates(Array(long[..<256]), pieces: [256]).rows == 256)

    let prefix = try model.prefix(model.embed(Array(long[..<250])))
    let cache = model.makeCache(slots: 1, capacity: 20)
    var memory = PassMemory(model.configuration)
    func step(_ count: Int) throws {
      let input = SequenceInput(embeddings: try model.embed(Array(long[..<count])), slot: 0, prefix: prefix)
      _ = try model.forward([input], cache: cache, memory: &memory)
    }
    try step(5)
    #expect(throws: error) { try step(2) }
    #expect(cache.counts == [5])
    try step(1)
    #expect(cache.counts == [6])
  }
}
