import Compute
import ModelFiles

/// Takes a model's tensors out of a file, in the shapes and the order of rows that the model needs.
struct WeightReader {
  let source: any TensorSource
  let names: TensorNames
  let family: ModelFamily
  let configuration: ModelConfiguration
  let isGGUF: Bool
  let pool: ThreadPool
  private let memory = WeightMemory()
  private let prefix: String

  init(
    _ source: any TensorSource, isGGUF: Bool, family: ModelFamily, configuration: ModelConfiguration, pool: ThreadPool
  ) {
    self.source = source
    self.isGGUF = isGGUF
    self.family = family
    self.configuration = configuration
    self.pool = pool
    let names = isGGUF ? TensorNames.gguf : family.huggingFace
    self.names = names
    prefix =
      names.prefixes.first { source.has("\($0)\(names.embedding).weight") } ?? names.prefixes.first ?? ""
  }

  // MARK: - Parts of the model

  func embedding() throws -> WeightMatrix {
    try matrix(
      "\(prefix)\(names.embedding)", outputs: configuration.vocabularySize, inputs: configuration.width)
  }

  func embeddingNorm() throws -> Norm? {
    family.normalizesEmbeddings ? try norm("\(prefix)\(names.embeddingNorm)", width: configuration.width) : nil
  }

  func outputNorm() throws -> Norm { try norm("\(prefix)\(names.outputNorm)", width: configuration.width) }

  /// Whether there is an output head with other numbers than the embedding table.
  var hasOwnOutputHead: Bool {
    guard let head = outputHeadName.flatMap({ source.tensors["\($0).weight"] }),
      let table = source.tensors["\(prefix)\(names.embedding).weight"]
    else { return outputHeadName != nil }
    guard head.format == table.format, head.shape == table.shape else { return true }
    defer {
      source.release(head)
      source.release(table)
    }
    return source.withBytes(of: head) { head in source.withBytes(of: table) { !head.elementsEqual($0) } }
  }

  private var outputHeadName: String? { names.output.first { source.has("\($0).weight") } }

  /// What to tell the user: tensors that contradict the configuration, and which of the two counts.
  func warnings(hasOwnOutputHead: Bool) -> [String] {
    var warnings: [String] = []
    if configuration.isTied, hasOwnOutputHead, let name = outputHeadName {
      warnings.append(
        "\(source.path): tie_word_embeddings is true, but \(name).weight is there and is not the embedding table: the "
          + "tensor counts, as in transformers 5.")
    }
    let endings = names.parts.filter { !configuration.biases.contains($0.key) }.map { ".\($0.value).bias" }
    let unread = source.tensors.keys.filter { name in
      !family.hasLayerNorms && name.hasPrefix(prefix) && endings.contains { name.hasSuffix($0) }
    }
    if let first = unread.min() {
      let others = unread.count > 1 ? " and \(unread.count - 1) more" : ""
      warnings.append(
        "\(source.path): \(first)\(others): not used, as config.json does not ask for biases "
          + "(attention_bias, mlp_bias)."
      )
    }
    return warnings
  }

  /// The output head's matrix; nil where the file has none, and the embedding table is it.
  func outputHead() throws -> WeightMatrix? {
    guard let name = outputHeadName else { return nil }
    return try matrix(name, outputs: configuration.vocabularySize, inputs: configuration.width)
  }

  /// The weights of block `layer`.
  func block(_ layer: Int, scoring: AttentionScoring, rotary: Int?) throws -> Block {
    let shape = configuration.attention, width = configuration.width, hidden = configuration.feedForwardWidth
    func name(_ part: BlockPart) -> String { prefix + names.name(part, layer: layer) }
    func norm(_ part: BlockPart) throws -> Norm { try self.norm(name(part), width: width) }
    func projection(_ part: BlockPart, _ outputs: Int, _ inputs: Int) throws -> Projection {
      Projection(
        weights: [try matrix(name(part), outputs: outputs, inputs: inputs)],
        bias: try bias(part, name(part), count: outputs))
    }
    func gateUp() throws -> Projection {
      if family.isGateUpFused { return try projection(.gateUp, 2 * hidden, width) }
      if configuration.activation.inputsPerOutput == 1 { return try projection(.up, hidden, width) }
      return .joining(try projection(.gate, hidden, width), try projection(.up, hidden, width))
    }
    func feedForward() throws -> FeedForward {
      guard let shape = configuration.experts, shape.layers[layer] else {
        return .dense(DenseLayer(gateUp: try gateUp(), down: try projection(.down, width, hidden)))
      }
      return .experts(try experts(shape, name))
    }
    return Block(
      attentionNorm: family.normalizesInputs ? try norm(.attentionNorm) : nil,
      queryKeyValue: try queryKeyValue(name),
      queryNorm: try headNorm(name(.queryNorm), heads: shape.queryHeads),
      keyNorm: try headNorm(name(.keyNorm), heads: shape.keyValueHeads),
      scoring: scoring, rotary: rotary,
      attentionOutput: try projection(.attentionOutput, width, shape.queryWidth),
      attentionOutputNorm: family.normalizesOutputs ? try norm(.attentionOutputNorm) : nil,
      feedForwardNorm: family.normalizesInputs ? try norm(.feedForwardNorm) : nil,
      feedForward: try feedForward(),
      feedForwardOutputNorm: family.normalizesOutputs ? try norm(.feedForwardOutputNorm) : nil)
  }

  // MARK: - Experts

  private func experts(_ shape: ExpertShape, _ name: (BlockPart) -> String) throws -> ExpertLayer {
    let width = configuration.width
    let gate = try experts(name(.expertGate), shape.count, outputs: shape.width, inputs: width)
    let up = try experts(name(.expertUp), shape.count, outputs: shape.width, inputs: width)
    let down = try experts(name(.expertDown), shape.count, outputs: width, inputs: shape.width)
    return ExpertLayer(
      router: Projection(weights: [try matrix(name(.router), outputs: shape.count, inputs: width)]),
      gateUp: zip(gate, up).map { Projection(weights: [$0, $1]) }, down: down.map { Projection(weights: [$0]) },
      used: shape.used, normalizesWeights: shape.normalizesWeights)
  }

  /// The same matrix of each expert: the slices of one tensor, or tensors of their own.
  private func experts(_ name: String, _ count: Int, outputs: Int, inputs: Int) throws -> [WeightMatrix] {
    guard isGGUF else {
      return try (0..<count).map { expert in
        try matrix(name.replacing("@", with: String(expert)), outputs: outputs, inputs: inputs)
      }
    }
    let tensor = try source.tensor("\(name).weight", shape: [count, outputs, inputs])
    let matrices = source.withBytes(of: tensor) { bytes in
      let size = bytes.count / count
      return (0..<count).compactMap { expert in
        WeightMatrix(
          UnsafeRawBufferPointer(rebasing: bytes[expert * size..<(expert + 1) * size]), outputs: outputs,
          inputs: inputs, format: tensor.format.weightFormat, rows: nil, in: memory, on: pool)
      }
    }
    source.release(tensor)
    guard matrices.count == count else { throw brokenBlocks(tensor, name, outputs: outputs, inputs: inputs) }
    return matrices
  }

  private func brokenBlocks(
    _ tensor: TensorDescription, _ name: String, outputs: Int, inputs: Int
  ) -> LanguageModelError {
    .impossible(
      path: source.path, key: "tensor \(name).weight",
      found: "\(tensor.byteCount) bytes of \(tensor.format.ggufName)",
      expected: "whole blocks for the shape [\(outputs), \(inputs)]")
  }

  // MARK: - Queries, keys and values

  /// The order of a file's rows in which rotary pairs are neighbors; nil where they are already.
  private func rotaryRows(heads: Int) -> [Int]? {
    !isGGUF || family.ggufPairs == .halves ? configuration.rotaryRows(heads: heads) : nil
  }

  private func queryKeyValue(_ name: (BlockPart) -> String) throws -> Projection {
    let shape = configuration.attention, width = configuration.width
    func part(_ part: BlockPart, heads: Int, isTurned: Bool) throws -> Projection {
      let rows = isTurned ? rotaryRows(heads: heads) : nil, count = heads * shape.headSize
      return Projection(
        weights: [try matrix(name(part), outputs: count, inputs: width, rows: rows)],
        bias: try bias(part, name(part), count: count, rows: rows))
    }
    // Phi-3 has one tensor in both kinds of files, Bloom too; other families' GGUF files may have been fused later.
    guard family.queryKeyValue != .separate else {
      return .joining(
        try part(.query, heads: shape.queryHeads, isTurned: true),
        try part(.key, heads: shape.keyValueHeads, isTurned: true),
        try part(.value, heads: shape.keyValueHeads, isTurned: false))
    }
    let rows: [Int]?
    if family.queryKeyValue == .interleaved, !isGGUF {
      rows = (0..<3 * shape.queryWidth).map { row in
        let part = row / shape.queryWidth, head = row % shape.queryWidth / shape.headSize
        return (head * 3 + part) * shape.headSize + row % shape.headSize
      }
    } else if let queries = rotaryRows(heads: shape.queryHeads), let keys = rotaryRows(heads: shape.keyValueHeads) {
      rows =
        queries + keys.map { $0 + shape.queryWidth } + Array(shape.queryWidth + shape.keyValueWidth..<shape.rowWidth)
    } else {
      rows = nil
    }
    return Projection(
      weights: [try matrix(name(.queryKeyValue), outputs: shape.rowWidth, inputs: width, rows: rows)],
      bias: try bias(.queryKeyValue, name(.queryKeyValue), count: shape.rowWidth, rows: rows))
  }

  // MARK: - Tensors

  /// A matrix `[outputs, inputs]`, or the rows of it that are asked for.
  private func matrix(_ name: String, outputs: Int, inputs: Int, rows: [Int]? = nil) throws -> WeightMatrix {
    let tensor = try source.tensor("\(name).weight", shape: [outputs, inputs])
    let matrix = source.withBytes(of: tensor) { bytes in
      WeightMatrix(
        bytes, outputs: outputs, inputs: inputs, format: tensor.format.weightFormat, rows: rows, in: memory, on: pool)
    }
    source.release(tensor)
    guard let matrix else { throw brokenBlocks(tensor, name, outputs: outputs, inputs: inputs) }
    return matrix
  }

  /// A vector `[count]`, as 32-bit floats.
  private func vector(_ name: String, count: Int) throws -> [Float] {
    let tensor = try source.tensor(name, shape: [count])
    let values = source.withBytes(of: tensor) { dequantize($0, format: tensor.format, count: count) }
    guard values.allSatisfy(\.isFinite) else {
      throw LanguageModelError.impossible(
        path: source.path, key: "tensor \(name)", found: "a value that is not a finite number",
        expected: "finite numbers")
    }
    return values
  }

  /// A part's bias `[count]`, where the family or the file has one.
  private func bias(_ part: BlockPart, _ name: String, count: Int, rows: [Int]? = nil) throws -> [Float]? {
    guard configuration.biases.contains(part) || isGGUF && source.has("\(name).bias") else { return nil }
    let bias = try vector("\(name).bias", count: count)
    return rows.map { $0.map { bias[$0] } } ?? bias
  }

  private func norm(_ name: String, width: Int, rows: [Int]? = nil) throws -> Norm {
    var weight = try vector("\(name).weight", count: width)
    if !isGGUF, family.normOffset != 0 { weight = weight.map { $0 + family.normOffset } }
    if let rows { weight = rows.map { weight[$0] } }
    let kind: Norm.Kind =
      family.hasLayerNorms ? .layer(bias: try vector("\(name).bias", count: width)) : .rootMeanSquare
    return Norm(kind, weight: weight, epsilon: configuration.normEpsilon)
  }

  private func headNorm(_ name: String, heads: Int) throws -> Norm? {
    let size = configuration.attention.headSize
    switch family.headNorms {
    case .none: return nil
    case .each: return try norm(name, width: size, rows: rotaryRows(heads: 1))
    case .together: return try norm(name, width: heads * size, rows: rotaryRows(heads: heads))
    }
  }
}

extension Projection {
  /// Several projections side by side; where only some have a bias, that of the others is zero.
  fileprivate static func joining(_ parts: Projection...) -> Projection {
    let hasBias = parts.contains { $0.bias != nil }
    return Projection(
      weights: parts.flatMap(\.weights),
      bias: hasBias
        ? parts.flatMap { part in
          part.bias ?? [Float](repeating: 0, count: part.weights.reduce(0) { $0 + $1.outputs })
        } : nil)
  }
}

extension TensorFormat {
  /// The same format as the compute wing names it.
  var weightFormat: WeightFormat {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .q4_0: .q4_0
    case .q4_1: .q4_1
    case .q5_0: .q5_0
    case .q5_1: .q5_1
    case .q8_0: .q8_0
    case .q2_K: .q2_K
    case .q3_K: .q3_K
    case .q4_K: .q4_K
    case .q5_K: .q5_K
    case .q6_K: .q6_K
    case .iq4_nl: .iq4_nl
    case .iq4_xs: .iq4_xs
    }
  }
}
