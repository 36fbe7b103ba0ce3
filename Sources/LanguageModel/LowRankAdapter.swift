package import Compute
import Randomness

/// What is added to one matrix: `B · A` times the adapter's scale; or the gradient to both.
package struct LowRankPair: Sendable, Equatable, Codable {
  /// A, `[rank, inputs]`.
  package var a: Matrix
  /// B, `[outputs, rank]`, its rows in transformers' order.
  package var b: Matrix

  package init(a: Matrix, b: Matrix) {
    self.a = a
    self.b = b
  }

  private enum CodingKeys: String, CodingKey { case rank, inputs, outputs, a, b }

  /// Reads a pair whose numbers of values must fit its shapes.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func matrix(_ key: CodingKeys, _ rows: CodingKeys, _ columns: CodingKeys) throws -> Matrix {
      let values = try container.decode(PackedFloats.self, forKey: key).values
      let rows = try container.decode(Int.self, forKey: rows), columns = try container.decode(Int.self, forKey: columns)
      let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
      guard !overflow, count == values.count, let matrix = Matrix(rows: rows, columns: columns, values: values) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "\(values.count) values for [\(rows), \(columns)]")
      }
      return matrix
    }
    a = try matrix(.a, .rank, .inputs)
    b = try matrix(.b, .outputs, .rank)
  }

  /// Writes the matrices as bytes; both must have one rank.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(a.rows, forKey: .rank)
    try container.encode(a.columns, forKey: .inputs)
    try container.encode(b.rows, forKey: .outputs)
    try container.encode(PackedFloats(a.values), forKey: .a)
    try container.encode(PackedFloats(b.values), forKey: .b)
  }
}

/// A low-rank adapter (LoRA) of a language model: `W x + scale · B A x` in place of `W x`.
///
/// Source: Hu et al., LoRA (arXiv 2106.09685), Section 4.1; layout and initialization are those of Hugging Face PEFT.
package struct LowRankAdapter: Sendable, Equatable, Codable {
  /// Rank, scale and targets.
  package let settings: AdapterShape
  /// The pairs of the first layer in the order of the settings' targets, then those of the next layer, and so on.
  package var pairs: [LowRankPair]

  /// An adapter of given matrices; whether they fit a model is checked by ``LanguageModel/adapting(_:)``.
  package init(settings: AdapterShape, pairs: [LowRankPair]) {
    self.settings = settings
    self.pairs = pairs
  }

  /// An adapter before training: A uniform in `±1 / √inputs`, which is PEFT's Kaiming initialization, B zero, so that
  /// it changes nothing.
  /// - Parameters:
  ///   - seed: With layer and target, what the random numbers are a function of.
  ///   - shape: The outputs and inputs of a target's matrix.
  package init(
    initial settings: AdapterShape, layers: Int, seed: UInt64, shape: (AdapterTarget) -> (outputs: Int, inputs: Int)
  ) {
    var pairs: [LowRankPair] = []
    for layer in 0..<layers {
      for target in settings.targets {
        let shape = shape(target)
        var random = CounterRandom(
          seed: seed, purpose: .adapter, sample: layer, step: AdapterTarget.allCases.firstIndex(of: target) ?? 0)
        let bound = 1 / Double(shape.inputs).squareRoot()
        var a = Matrix(rows: settings.rank, columns: shape.inputs)
        for row in 0..<a.rows {
          a[row: row] = ArraySlice((0..<a.columns).map { _ in Float((2 * random.uniform() - 1) * bound) })
        }
        pairs.append(LowRankPair(a: a, b: Matrix(rows: shape.outputs, columns: settings.rank)))
      }
    }
    self.init(settings: settings, pairs: pairs)
  }

  /// All matrices: A and B of the first pair, then of the next.
  package var matrices: [Matrix] { pairs.flatMap { [$0.a, $0.b] } }
}

extension LanguageModel {
  /// An adapter before training: A uniform in `±1 / √inputs`, which is PEFT's Kaiming initialization, B zero, so that
  /// it changes nothing.
  /// - Parameter seed: With layer and target, what the random numbers are a function of.
  /// - Throws: ``LanguageModelError/unfitAdapter(place:found:expected:)`` for a target that the model's family lacks.
  package func initialAdapter(_ settings: AdapterShape, seed: UInt64) throws(LanguageModelError) -> LowRankAdapter {
    try check(settings)
    return LowRankAdapter(initial: settings, layers: configuration.layers, seed: seed) { shape(of: $0) }
  }

  /// The same model with an adapter in place of the one that it may have; nil for none. The weights are shared, not
  /// copied.
  ///
  /// Keys and values that were computed without the adapter are not those of the model with it.
  /// - Throws: ``LanguageModelError/unfitAdapter(place:found:expected:)``.
  package func adapting(_ adapter: LowRankAdapter?) throws(LanguageModelError) -> LanguageModel {
    var model = self
    model.becomeAnother()
    model.adapter = adapter
    for layer in model.blocks.indices {
      model.blocks[layer].queryKeyValue.lowRank = nil
      model.blocks[layer].attentionOutput.lowRank = nil
      model.blocks[layer].feedForward.dense?.gateUp.lowRank = nil
      model.blocks[layer].feedForward.dense?.down.lowRank = nil
    }
    guard let adapter else { return model }
    try check(adapter)
    for layer in model.blocks.indices {
      model.blocks[layer].queryKeyValue.lowRank = update(of: [.query, .key, .value], layer, adapter)
      model.blocks[layer].attentionOutput.lowRank = update(of: [.attentionOutput], layer, adapter)
      model.blocks[layer].feedForward.dense?.gateUp.lowRank = update(of: [.gate, .up], layer, adapter)
      model.blocks[layer].feedForward.dense?.down.lowRank = update(of: [.down], layer, adapter)
    }
    return model
  }

  /// What an adapter adds to a product whose outputs are those of some targets, side by side.
  private func update(of targets: [AdapterTarget], _ layer: Int, _ adapter: LowRankAdapter) -> LowRankUpdate? {
    var column = 0
    var parts: [LowRankUpdate.Source] = []
    for target in targets {
      let outputs = shape(of: target).outputs
      if let index = adapter.settings.targets.firstIndex(of: target) {
        let pair = layer * adapter.settings.targets.count + index
        parts.append(
          .init(
            index: pair, pair: adapter.pairs[pair], columns: column..<column + outputs, rows: rowOrder(of: target)))
      }
      column += outputs
    }
    return parts.isEmpty ? nil : LowRankUpdate(parts, scale: adapter.settings.scale)
  }

  /// The order of transformers' rows in which the engine has them; nil where it is the same.
  private func rowOrder(of target: AdapterTarget) -> [Int]? {
    switch target {
    case .query: configuration.rotaryRows(heads: configuration.attention.queryHeads)
    case .key: configuration.rotaryRows(heads: configuration.attention.keyValueHeads)
    default: nil
    }
  }

  /// Inputs and outputs of a target's matrix.
  func shape(of target: AdapterTarget) -> (outputs: Int, inputs: Int) {
    let width = configuration.width, inner = configuration.feedForwardWidth, attention = configuration.attention
    return switch target {
    case .query: (attention.queryWidth, width)
    case .key, .value: (attention.keyValueWidth, width)
    case .attentionOutput: (width, attention.queryWidth)
    case .gate, .up: (inner, width)
    case .down: (width, inner)
    }
  }

  /// Whether the model has all the targets.
  func check(_ settings: AdapterShape) throws(LanguageModelError) {
    if let missing = settings.targets.first(where: { !adapterTargets.contains($0) }) {
      throw .unfitAdapter(
        place: "targets", found: missing.rawValue,
        expected: adapterTargets.isEmpty
          ? "none: \(configuration.family) models have no matrices that adapters can change here"
          : "matrices of \(configuration.family) models: \(adapterTargets.map(\.rawValue).joined(separator: ", "))")
    }
  }

  /// Whether an adapter's matrices have the shapes of the model's.
  private func check(_ adapter: LowRankAdapter) throws(LanguageModelError) {
    let settings = adapter.settings
    try check(settings)
    guard adapter.pairs.count == configuration.layers * settings.targets.count else {
      throw .unfitAdapter(
        place: "number of matrices", found: "\(adapter.pairs.count) pairs",
        expected: "\(configuration.layers * settings.targets.count), of \(configuration.layers) layers with "
          + "\(settings.targets.count) targets each")
    }
    for (index, pair) in adapter.pairs.enumerated() {
      let target = settings.targets[index % settings.targets.count]
      let shape = shape(of: target)
      let found = [pair.a.rows, pair.a.columns, pair.b.rows, pair.b.columns]
      guard found == [settings.rank, shape.inputs, shape.outputs, settings.rank] else {
        throw .unfitAdapter(
          place: "layer \(index / settings.targets.count), \(target.rawValue)",
          found: "A [\(pair.a.rows), \(pair.a.columns)] and B [\(pair.b.rows), \(pair.b.columns)]",
          expected: "[\(settings.rank), \(shape.inputs)] and [\(shape.outputs), \(settings.rank)]")
      }
    }
  }
}
