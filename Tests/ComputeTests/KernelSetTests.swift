import Compute
import Randomness
import TestSupport
import Testing

/// All kernel sets and any number of threads give the same bits.
struct KernelSetTests {
  /// The portable set on one thread, which the others are compared with.
  private static var reference: ComputeContext {
    get throws { ComputeContext(threads: 1, kernels: try #require(KernelSet.available.last)) }
  }

  private static let others: [ComputeContext] =
    KernelSet.available.flatMap { kernels in [1, 2, 4].map { ComputeContext(threads: $0, kernels: kernels) } }

  private func compare(_ name: String, _ results: (ComputeContext) -> [[Float]]) throws {
    let expected = try results(Self.reference)
    for context in Self.others {
      for (index, (found, expected)) in zip(results(context), expected).enumerated() {
        assertSameBits(
          found, expected, "\(name), \(context.kernels.name), \(context.pool.threads) threads, result \(index)")
      }
    }
  }

  @Test func thereIsAPortableSetAndTheBestComesFirst() {
    let names = KernelSet.available.map(\.name)
    #expect(names.last == "portable")
    #expect(names.first == KernelSet.best.name)
    #expect(names == KernelSet.names.filter(names.contains))
  }

  /// A set is chosen by name; what is not known, or not run here, is refused with what is.
  @Test func setsAreChosenByName() throws {
    for set in KernelSet.available {
      #expect(try KernelSet(environment: ["ANTIPODE_KERNELS": set.name]).name == set.name)
    }
    #expect(try KernelSet(environment: [:]).name == KernelSet.best.name)
    #expect(try KernelSet(environment: ["ANTIPODE_KERNELS": ""]).name == KernelSet.best.name)
    let runs = KernelSet.available.map(\.name).joined(separator: ", ")
    let unknown = #expect(throws: KernelSetError.self) { try KernelSet(named: "avx3", by: "--kernels") }
    #expect(
      unknown?.description
        == "--kernels: found \"avx3\", expected one of avx512-bf16, avx512, avx2-vnni, avx2, portable; this processor "
        + "runs \(runs)")
    let foreign = KernelSetError(source: "ANTIPODE_KERNELS", name: "avx512", available: ["avx2", "portable"])
    #expect(
      foreign.description == "ANTIPODE_KERNELS: found \"avx512\", which this processor does not run; "
        + "this processor runs avx2, portable")
  }

  @Test(arguments: WeightFormat.allCases) func products(format: WeightFormat) throws {
    for shape in RandomWeights.shapes(of: format) {
      let weights = try RandomWeights(format, outputs: shape.outputs, inputs: shape.inputs)
      for rows in RandomWeights.rowCounts {
        var random = CounterRandom(test: rows)
        let x = random.matrix(rows, shape.inputs), dy = random.matrix(rows, shape.outputs)
        try compare("\(format) \(shape) \(rows) rows") { context in
          var y = Matrix(rows: rows, columns: shape.outputs), dx = x
          context.multiply(x, by: weights.matrix, into: &y)
          context.addGradient(of: dy, through: [weights.matrix], to: &dx)
          let rounding = context.with(.bfloat16)
          var rounded = y, roundedGradient = x
          rounding.multiply(x, by: weights.matrix, into: &rounded)
          rounding.addGradient(of: dy, through: [weights.matrix], to: &roundedGradient)
          var quantized = y
          context.with(.int8).multiply(x, by: weights.matrix, into: &quantized)
          return [y, dx, rounded, roundedGradient, quantized].map(\.values)
        }
      }
      if let transposed = WeightMatrix(transposing: [weights.matrix], on: try Self.reference) {
        let expected = try Self.reference.gather(rows: Array(0..<shape.inputs), of: transposed).values
        for context in Self.others {
          let other = try #require(WeightMatrix(transposing: [weights.matrix], on: context))
          let found = context.gather(rows: Array(0..<shape.inputs), of: other).values
          assertSameBits(found, expected, "\(format) \(shape) transposed, \(context.kernels.name)")
        }
      }
      try compare("\(format) \(shape) rows of the weights") {
        [$0.gather(rows: Array(0..<shape.outputs), of: weights.matrix).values]
      }
    }
  }

  @Test(arguments: RowOperationsTests.shapes) func rowOperations(rows: Int, width: Int) throws {
    var random = CounterRandom(test: width)
    let x = random.matrix(rows, width), weight = random.floats(width), dy = random.matrix(rows, width)
    let gateUp = random.matrix(rows, 2 * width, scale: 5)
    try compare("\(rows) × \(width)") { context in
      var y = Matrix(rows: rows, columns: width), dx = x, gated = y, dGateUp = gateUp, sum = x
      context.normalize(x, Norm(weight: weight, epsilon: 1e-5), into: &y)
      context.addNormalizationGradient(of: dy, at: x, Norm(weight: weight, epsilon: 1e-5), to: &dx)
      let layerNorm = Norm(.layer(bias: weight), weight: weight, epsilon: 1e-5)
      var layered = y, capped = gateUp, cappedGradient = gateUp, gelu = x
      context.normalize(x, layerNorm, into: &layered)
      context.addNormalizationGradient(of: dy, at: x, layerNorm, to: &dx)
      context.activate(gateUp, .gatedSiLU, into: &gated)
      context.activationGradient(of: dy, at: gateUp, .gatedSiLU, into: &dGateUp)
      let first = [gated.values, dGateUp.values]
      context.activate(gateUp, .gatedGELU, into: &gated)
      context.activationGradient(of: dy, at: gateUp, .gatedGELU, into: &dGateUp)
      context.activate(x, .gelu, into: &gelu)
      context.softCap(&capped, at: 2)
      context.replaceBySoftCapGradient(&cappedGradient, at: capped, cap: 2)
      context.add(dy, to: &sum)
      context.addScaled(0.7, row: 0, of: dy, toRow: rows - 1, of: &sum)
      return first + [y, dx, layered, gated, dGateUp, gelu, capped, cappedGradient, sum].map(\.values)
    }
  }

  @Test func rotation() throws {
    let table = RotaryTable(size: 32, base: 100_000, positions: 50)
    var random = CounterRandom(test: 1)
    let rows = random.matrix(20, 100)
    try compare("rotation") { context in
      var turned = rows, back = rows
      context.rotate(&turned, heads: 3, headSize: 32, positions: Array(30..<50), table: table)
      context.rotate(&back, heads: 3, headSize: 32, positions: Array(30..<50), table: table, backward: true)
      return [turned.values, back.values]
    }
  }

  @Test(arguments: [1, 16, 37, 3000]) func tokenDistributions(width: Int) throws {
    var random = CounterRandom(test: width)
    let logits = random.matrix(11, width, scale: 5), coefficients = random.floats(11)
    try compare("\(width) tokens") { context in
      let normalizers = context.logNormalizers(of: logits)
      var gradient = logits, contrast = logits
      context.replaceByCrossEntropyGradient(
        &gradient, targets: [Int](repeating: width - 1, count: 11), coefficients: coefficients, normalizers: normalizers
      )
      context.addScaledRows((0..<5).map { ($0 + 5, $0, -0.4) }, in: &contrast)
      let halves = normalizers.flatMap { value in
        [UInt32(truncatingIfNeeded: value.bitPattern), UInt32(value.bitPattern >> 32)].map(Float.init(bitPattern:))
      }
      return [gradient.values, contrast.values, halves, context.largest(of: logits).map { Float($0) }]
    }
  }

  @Test(arguments: [0, 19], AttentionBatch.Scoring.allCases)
  func attention(prefix: Int, scoring: AttentionBatch.Scoring) throws {
    // Heads of 64 and more than 64 keys: what is made of 64 columns at once.
    for (headSize, longest) in [(16, 21), (48, 21), (64, 75)] {
      let batch = try AttentionBatch(
        prefix: prefix, lengths: [longest, 1, 9, 16], branches: [5, 18], headSize: headSize, scoring: scoring)
      var random = CounterRandom(test: prefix)
      let slopes = random.matrix(batch.rows.rows, batch.shape.queryWidth)
      try compare("prefix \(prefix), heads of \(headSize)") {
        [batch.attended(on: $0).values, batch.gradient(of: slopes, on: $0).values]
      }
    }
  }
}
