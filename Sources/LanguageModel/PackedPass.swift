public import Compute

/// A batch of whole sequences for tuning, packed without padding: a shared prefix, run once, then each sequence's rows.
public struct PackedBatch: Sendable {
  /// A sequence after the batch's prefix, and what may follow it: each continuation reads the sequence and not the others,
  /// so that several answers to one instruction run the instruction once.
  public struct Sequence: Sendable {
    /// `[count, width]`.
    public var rows: Matrix
    /// `[count, width]` each; one without rows adds nothing.
    public var continuations: [Matrix]

    /// A sequence and its continuations.
    public init(rows: Matrix, continuations: [Matrix] = []) {
      self.rows = rows
      self.continuations = continuations
    }
  }

  /// Embeddings of all rows: the prefix's first, then each sequence's and those of its continuations, `[rows, width]`.
  public let embeddings: Matrix
  /// Which rows belong to which sequence; with a prefix, span 0 is the prefix.
  public let spans: [PackedSpan]
  /// The position of each row in its sequence, `[rows]`.
  public let positions: [Int]

  /// Packs sequences that all begin with one prefix.
  /// - Parameters:
  ///   - prefix: `[count, width]`; no rows where there is no shared prefix.
  ///   - sequences: What stands after the prefix.
  public init(prefix: Matrix, sequences: [Sequence]) {
    var spans: [PackedSpan] = []
    var positions: [Int] = []
    var parts: [Matrix] = []
    func append(_ rows: Matrix, after prefix: Int?, from position: Int) {
      spans.append(PackedSpan(firstRow: positions.count, rows: rows.rows, prefix: prefix))
      positions += position..<position + rows.rows
      parts.append(rows)
    }
    if prefix.rows > 0 { append(prefix, after: nil, from: 0) }
    for sequence in sequences {
      append(sequence.rows, after: prefix.rows > 0 ? 0 : nil, from: prefix.rows)
      let parent = spans.count - 1
      for continuation in sequence.continuations where continuation.rows > 0 {
        append(continuation, after: parent, from: prefix.rows + sequence.rows.rows)
      }
    }
    self.spans = spans
    self.positions = positions
    embeddings = Matrix.stacking(parts, columns: prefix.columns)
  }
}

/// What a packed forward pass keeps for its gradient, and the memory of both, handed on from step to step.
public struct PackedActivations {
  /// What each layer keeps, all `[rows, …]`.
  struct Layer {
    /// The block's input, `[rows, width]`.
    var input: Matrix
    /// Turned queries and keys, and values, `[rows, rowWidth]`.
    var queryKeyValue: Matrix
    /// The state between attention and feed-forward layer, `[rows, width]`.
    var middle: Matrix
    /// Gate and up, `[rows, 2 · feedForwardWidth]`.
    var gateUp: Matrix
  }
  var layers: [Layer]
  /// The hidden states after the last block, before the last norm, `[rows, width]`.
  public internal(set) var hidden: Matrix
  var memory: PassMemory
  var dGateUp: Matrix
  var dQueryKeyValue: Matrix

  /// Empty memory for a model of these dimensions.
  public init(_ configuration: ModelConfiguration) {
    memory = PassMemory(configuration)
    hidden = memory.states
    dGateUp = memory.gateUp
    dQueryKeyValue = memory.queryKeyValue
    layers = Array(
      repeating: Layer(
        input: memory.states, queryKeyValue: memory.queryKeyValue, middle: memory.states, gateUp: memory.gateUp),
      count: configuration.layers)
  }

  mutating func resize(rows: Int) {
    memory.resize(rows: rows)
    hidden.resize(rows: rows)
    dGateUp.resize(rows: rows)
    dQueryKeyValue.resize(rows: rows)
    for index in layers.indices {
      layers[index].input.resize(rows: rows)
      layers[index].queryKeyValue.resize(rows: rows)
      layers[index].middle.resize(rows: rows)
      layers[index].gateUp.resize(rows: rows)
    }
  }
}

extension LanguageModel {
  /// Runs a packed batch and keeps what its gradient needs.
  /// - Throws: ``LanguageModelError/tooLong(positions:limit:)``.
  public func forward(_ batch: PackedBatch, keeping activations: inout PackedActivations) throws(LanguageModelError) {
    let longest = (batch.positions.max() ?? -1) + 1
    guard longest <= positionLimit else { throw .tooLong(positions: longest, limit: positionLimit) }
    let shape = configuration.attention, epsilon = configuration.normEpsilon
    activations.resize(rows: batch.positions.count)
    context.copy(batch.embeddings, to: &activations.hidden)
    for (index, block) in blocks.enumerated() {
      context.copy(activations.hidden, to: &activations.layers[index].input)
      context.normalize(
        activations.hidden, weight: block.attentionNorm, epsilon: epsilon, into: &activations.memory.normalized)
      context.multiply(
        activations.memory.normalized, by: block.queryKeyValue, into: &activations.layers[index].queryKeyValue)
      context.rotate(
        &activations.layers[index].queryKeyValue, heads: shape.queryHeads + shape.keyValueHeads,
        headSize: shape.headSize, positions: batch.positions, table: rotary)
      context.attend(
        activations.layers[index].queryKeyValue, shape: shape, spans: batch.spans, into: &activations.memory.attended)
      context.multiply(
        activations.memory.attended, by: block.attentionOutput, into: &activations.memory.normalized)
      context.add(activations.memory.normalized, to: &activations.hidden)
      context.copy(activations.hidden, to: &activations.layers[index].middle)
      context.normalize(
        activations.hidden, weight: block.feedForwardNorm, epsilon: epsilon, into: &activations.memory.normalized)
      context.multiply(activations.memory.normalized, by: block.gateUp, into: &activations.layers[index].gateUp)
      context.gatedSiLU(activations.layers[index].gateUp, into: &activations.memory.gated)
      context.multiply(activations.memory.gated, by: block.down, into: &activations.memory.normalized)
      context.add(activations.memory.normalized, to: &activations.hidden)
    }
  }

  /// Carries a gradient from the hidden states back to the batch's embeddings.
  /// - Parameters:
  ///   - gradient: The gradient to the hidden states before the last norm, `[rows, width]`; replaced by the gradient to
  ///     the embeddings. A prefix's rows get the sum over all sequences.
  ///   - activations: What ``forward(_:keeping:)`` kept for the same batch.
  public func backward(
    _ gradient: inout Matrix, through batch: PackedBatch, activations: inout PackedActivations
  ) {
    let shape = configuration.attention, epsilon = configuration.normEpsilon
    for (index, block) in blocks.enumerated().reversed() {
      // Feed-forward layer. The memory's `gated` takes the gradient to the gated activation, `normalized` that to the norm.
      activations.memory.gated.clear()
      context.addGradient(of: gradient, through: [block.down], to: &activations.memory.gated)
      context.gatedSiLUGradient(
        of: activations.memory.gated, at: activations.layers[index].gateUp, into: &activations.dGateUp)
      activations.memory.normalized.clear()
      context.addGradient(of: activations.dGateUp, through: block.gateUp, to: &activations.memory.normalized)
      context.addNormalizationGradient(
        of: activations.memory.normalized, at: activations.layers[index].middle, weight: block.feedForwardNorm,
        epsilon: epsilon, to: &gradient)
      // Attention.
      activations.memory.attended.clear()
      context.addGradient(of: gradient, through: [block.attentionOutput], to: &activations.memory.attended)
      context.attendGradient(
        of: activations.memory.attended, at: activations.layers[index].queryKeyValue, shape: shape,
        spans: batch.spans, into: &activations.dQueryKeyValue)
      context.rotate(
        &activations.dQueryKeyValue, heads: shape.queryHeads + shape.keyValueHeads, headSize: shape.headSize,
        positions: batch.positions, table: rotary, backward: true)
      activations.memory.normalized.clear()
      context.addGradient(
        of: activations.dQueryKeyValue, through: block.queryKeyValue, to: &activations.memory.normalized)
      context.addNormalizationGradient(
        of: activations.memory.normalized, at: activations.layers[index].input, weight: block.attentionNorm,
        epsilon: epsilon, to: &gradient)
    }
  }
}
