package import Compute

/// What a packed forward pass keeps for its gradient, and the memory of both, handed on from step to step.
///
/// Where keeping all that the gradient needs would take more than ``budget`` bytes, only the blocks' inputs are kept,
/// and the gradient runs each block again (Chen et al., arXiv 1604.06174). The numbers are the same to the bit.
package struct PackedActivations {
  /// What the gradient of one block needs.
  struct Layer {
    /// Queries, keys and values before the heads' norms, `[rows, rowWidth]`; no rows where the family has none.
    var rawQueryKeyValue: Matrix
    /// Queries and keys as attention gets them, and values, `[rows, rowWidth]`.
    var queryKeyValue: Matrix
    /// What attention gives, before a norm of it, `[rows, width]`; no rows where the family has none.
    var attentionOutput: Matrix
    /// The state between attention and feed-forward layer, `[rows, width]`.
    var middle: Matrix
    /// Gate and up, `[rows, innerWidth]`.
    var gateUp: Matrix
    /// What the feed-forward layer gives, likewise.
    var feedForwardOutput: Matrix

    init(_ configuration: ModelConfiguration) {
      queryKeyValue = Matrix(rows: 0, columns: configuration.attention.rowWidth)
      rawQueryKeyValue = queryKeyValue
      middle = Matrix(rows: 0, columns: configuration.width)
      attentionOutput = middle
      feedForwardOutput = middle
      gateUp = Matrix(rows: 0, columns: configuration.innerWidth)
    }

    mutating func resize(rows: Int, for configuration: ModelConfiguration) {
      queryKeyValue.resize(rows: rows)
      middle.resize(rows: rows)
      gateUp.resize(rows: rows)
      rawQueryKeyValue.resize(rows: configuration.normalizesHeads ? rows : 0)
      attentionOutput.resize(rows: configuration.normalizesOutputs ? rows : 0)
      feedForwardOutput.resize(rows: configuration.normalizesOutputs ? rows : 0)
    }
  }

  /// The most bytes that the blocks' inner activations may take.
  package let budget: Int
  /// Each block's input, `[rows, width]`.
  var inputs: [Matrix]
  /// One for each block, or one that is filled again for each.
  var layers: [Layer]
  /// The embeddings, `[rows, width]`, where the family normalizes them; else no rows.
  var embeddings: Matrix
  /// The hidden states after the last block, before the last norm, `[rows, width]`.
  package internal(set) var hidden: Matrix
  var memory: PassMemory
  var dGateUp: Matrix
  var dQueryKeyValue: Matrix
  private let configuration: ModelConfiguration

  /// Empty memory for a model of these dimensions.
  package init(_ configuration: ModelConfiguration, budget: Int = 1 << 31) {
    self.configuration = configuration
    self.budget = budget
    memory = PassMemory(configuration)
    hidden = memory.states
    embeddings = memory.states
    dGateUp = memory.gateUp
    dQueryKeyValue = memory.queryKeyValue
    inputs = Array(repeating: memory.states, count: configuration.layers)
    layers = []
  }

  /// Whether each block's activations are kept.
  var keepsAll: Bool { layers.count == inputs.count }

  mutating func resize(rows: Int) {
    let layer =
      4 * rows
      * ((configuration.normalizesHeads ? 2 : 1) * configuration.attention.rowWidth
        + (configuration.normalizesOutputs ? 3 : 1) * configuration.width + configuration.innerWidth)
    let count = layer * inputs.count <= budget ? inputs.count : 1
    if layers.count != count { layers = Array(repeating: Layer(configuration), count: count) }
    memory.resize(rows: rows)
    hidden.resize(rows: rows)
    dGateUp.resize(rows: rows)
    dQueryKeyValue.resize(rows: rows)
    for index in inputs.indices { inputs[index].resize(rows: rows) }
    for index in layers.indices { layers[index].resize(rows: rows, for: configuration) }
  }
}

extension LanguageModel {
  /// Runs a packed batch and keeps what its gradient needs.
  /// - Throws: ``LanguageModelError/tooLong(positions:limit:)``.
  package func forward(_ batch: PackedBatch, keeping activations: inout PackedActivations) throws(LanguageModelError) {
    let longest = (batch.positions.max() ?? -1) + 1
    guard longest <= positionLimit else { throw .tooLong(positions: longest, limit: positionLimit) }
    activations.resize(rows: batch.positions.count)
    if embeddingNorm != nil { activations.embeddings = batch.embeddings }
    context.copy(batch.embeddings, to: &activations.hidden)
    begin(&activations.hidden)
    for (index, block) in blocks.enumerated() {
      context.copy(activations.hidden, to: &activations.inputs[index])
      let kept = activations.keepsAll ? index : 0
      run(
        block, batch, states: &activations.hidden, keeping: &activations.layers[kept], memory: &activations.memory)
    }
  }

  /// Runs one block on the states, in place.
  private func run(
    _ block: Block, _ batch: PackedBatch, states: inout Matrix, keeping layer: inout PackedActivations.Layer,
    memory: inout PassMemory
  ) {
    project(states, block, normalized: &memory.normalized, into: &layer.queryKeyValue)
    if configuration.normalizesHeads { context.copy(layer.queryKeyValue, to: &layer.rawQueryKeyValue) }
    placeHeads(&layer.queryKeyValue, block, positions: batch.positions)
    context.attend(
      layer.queryKeyValue, shape: configuration.attention, scoring: block.scoring, spans: batch.spans,
      into: &memory.attended)
    addAttention(memory.attended, block, projected: &memory.projected, normalized: &memory.normalized, to: &states)
    if configuration.normalizesOutputs { context.copy(memory.projected, to: &layer.attentionOutput) }
    context.copy(states, to: &layer.middle)
    feedForward(
      states, block, normalized: &memory.normalized, gateUp: &layer.gateUp, gated: &memory.gated,
      into: &memory.projected)
    if configuration.normalizesOutputs { context.copy(memory.projected, to: &layer.feedForwardOutput) }
    add(memory.projected, block.feedForwardOutputNorm, normalized: &memory.normalized, to: &states)
  }

  /// Carries a gradient from the hidden states back to the batch's embeddings.
  /// - Parameters:
  ///   - gradient: The gradient to the hidden states before the last norm, `[rows, width]`; replaced by the gradient to
  ///     the embeddings. A prefix's rows get the sum over all sequences.
  ///   - activations: What ``forward(_:keeping:)`` kept for the same batch.
  package func backward(
    _ gradient: inout Matrix, through batch: PackedBatch, activations: inout PackedActivations
  ) {
    var unwanted = AdapterGradient.unwanted
    backward(&gradient, through: batch, activations: &activations, adapter: &unwanted)
  }

  /// The same, which also adds the gradient to the adapter's matrices to what is there.
  /// - Parameter adapter: The sum so far, made for this model with its adapter.
  package func backward(
    _ gradient: inout Matrix, through batch: PackedBatch, activations: inout PackedActivations,
    adapter: inout AdapterGradient
  ) {
    for (index, block) in blocks.enumerated().reversed() {
      let kept = activations.keepsAll ? index : 0
      if !activations.keepsAll {
        var states = activations.inputs[index]
        run(block, batch, states: &states, keeping: &activations.layers[kept], memory: &activations.memory)
      }
      backward(
        &gradient, block, layer: kept, input: index, through: batch, activations: &activations, adapter: &adapter)
    }
    // No family has both.
    if configuration.inputScale != 1 { context.scale(&gradient, by: configuration.inputScale) }
    guard let embeddingNorm else { return }
    let dStates = gradient
    gradient.clear()
    context.addNormalizationGradient(of: dStates, at: activations.embeddings, embeddingNorm, to: &gradient)
  }

  /// Carries a gradient from a block's output back to its input, in place.
  private func backward(
    _ gradient: inout Matrix, _ block: Block, layer kept: Int, input: Int, through batch: PackedBatch,
    activations: inout PackedActivations, adapter: inout AdapterGradient
  ) {
    let shape = configuration.attention
    func needsInput(_ projection: Projection) -> Bool { adapter.isWanted && projection.lowRank != nil }
    switch block.feedForward {
    case .dense(let feedForward):
      backward(gradient, block, feedForward, layer: kept, activations: &activations, adapter: &adapter)
    case .experts(let experts):
      dProduct(
        gradient, block.feedForwardOutputNorm, at: activations.layers[kept].feedForwardOutput,
        into: &activations.memory.projected)
      normalize(activations.layers[kept].middle, block.feedForwardNorm, into: &activations.memory.normalized)
      let states = activations.memory.normalized
      self.gradient(
        of: activations.memory.projected, through: experts, at: states, into: &activations.memory.normalized)
    }
    addGradient(
      of: activations.memory.normalized, at: activations.layers[kept].middle, block.feedForwardNorm, to: &gradient)
    // Attention.
    if needsInput(block.attentionOutput) {
      context.attend(
        activations.layers[kept].queryKeyValue, shape: shape, scoring: block.scoring, spans: batch.spans,
        into: &activations.memory.attended)
    }
    replaceByGradient(
      of: gradient, through: block.attentionOutput, block.attentionOutputNorm,
      at: activations.layers[kept].attentionOutput, &activations.memory.attended,
      memory: &activations.memory.projected, adapter: &adapter)
    context.attendGradient(
      of: activations.memory.attended, at: activations.layers[kept].queryKeyValue, shape: shape,
      scoring: block.scoring, spans: batch.spans, into: &activations.dQueryKeyValue)
    if let rotary = block.rotary {
      context.rotate(
        &activations.dQueryKeyValue, heads: shape.queryHeads + shape.keyValueHeads, headSize: shape.headSize,
        positions: batch.positions, table: rotaryTables[rotary], backward: true)
    }
    if let norm = block.queryNorm {
      context.replaceByHeadNormalizationGradient(
        &activations.dQueryKeyValue, at: activations.layers[kept].rawQueryKeyValue, from: 0,
        heads: shape.queryWidth / norm.weight.count, norm)
    }
    if let norm = block.keyNorm {
      context.replaceByHeadNormalizationGradient(
        &activations.dQueryKeyValue, at: activations.layers[kept].rawQueryKeyValue, from: shape.queryWidth,
        heads: shape.keyValueWidth / norm.weight.count, norm)
    }
    if needsInput(block.queryKeyValue) {
      normalize(activations.inputs[input], block.attentionNorm, into: &activations.memory.normalized)
    }
    replaceByGradient(
      of: activations.dQueryKeyValue, through: block.queryKeyValue, &activations.memory.normalized, adapter: &adapter)
    addGradient(
      of: activations.memory.normalized, at: activations.inputs[input], block.attentionNorm, to: &gradient)
  }

  /// The gradient to the states that a dense layer got, normalized, left in the memory's `normalized`.
  private func backward(
    _ gradient: Matrix, _ block: Block, _ feedForward: DenseLayer, layer kept: Int,
    activations: inout PackedActivations, adapter: inout AdapterGradient
  ) {
    func needsInput(_ projection: Projection) -> Bool { adapter.isWanted && projection.lowRank != nil }
    // The memory's `gated` takes the gradient to the gated activation, `normalized` that to the norm; where an adapter
    // learns, they first hold what the forward pass had there, which is computed again.
    if needsInput(feedForward.down) {
      context.activate(activations.layers[kept].gateUp, configuration.activation, into: &activations.memory.gated)
    }
    replaceByGradient(
      of: gradient, through: feedForward.down, block.feedForwardOutputNorm,
      at: activations.layers[kept].feedForwardOutput, &activations.memory.gated,
      memory: &activations.memory.projected, adapter: &adapter)
    context.activationGradient(
      of: activations.memory.gated, at: activations.layers[kept].gateUp, configuration.activation,
      into: &activations.dGateUp)
    if needsInput(feedForward.gateUp) {
      normalize(activations.layers[kept].middle, block.feedForwardNorm, into: &activations.memory.normalized)
    }
    replaceByGradient(
      of: activations.dGateUp, through: feedForward.gateUp, &activations.memory.normalized, adapter: &adapter)
  }

  /// Adds the gradient to the states that a layer got, from that to what it made of them.
  private func addGradient(of dNormalized: Matrix, at states: Matrix, _ norm: Norm?, to gradient: inout Matrix) {
    guard let norm else { return context.add(dNormalized, to: &gradient) }
    context.addNormalizationGradient(of: dNormalized, at: states, norm, to: &gradient)
  }

  /// Replaces a product's input by its gradient.
  /// - Parameters:
  ///   - dOutput: The gradient to the product, `[rows, outputs]`.
  ///   - input: What the product got, where an adapter of it learns, else anything, `[rows, inputs]`.
  private func replaceByGradient(
    of dOutput: Matrix, through projection: Projection, _ input: inout Matrix, adapter: inout AdapterGradient
  ) {
    if adapter.isWanted { projection.lowRank?.addGradient(of: dOutput, at: input, to: &adapter, on: context) }
    gradient(of: dOutput, through: projection, into: &input)
    projection.lowRank?.addGradient(of: dOutput, to: &input, on: context)
  }

  /// The same for a layer's last product, and the norm or the multiplier after it where there is one.
  private func replaceByGradient(
    of gradient: Matrix, through projection: Projection, _ norm: Norm?, at output: Matrix, _ input: inout Matrix,
    memory: inout Matrix, adapter: inout AdapterGradient
  ) {
    guard norm != nil || configuration.residualScale != 1 else {
      return replaceByGradient(of: gradient, through: projection, &input, adapter: &adapter)
    }
    dProduct(gradient, norm, at: output, into: &memory)
    replaceByGradient(of: memory, through: projection, &input, adapter: &adapter)
  }

  /// The gradient to what a layer's last product gave, from that to the states that it was added to.
  private func dProduct(_ gradient: Matrix, _ norm: Norm?, at output: Matrix, into dOutput: inout Matrix) {
    if let norm {
      dOutput.clear()
      context.addNormalizationGradient(of: gradient, at: output, norm, to: &dOutput)
    } else {
      context.copy(gradient, to: &dOutput)
    }
    if configuration.residualScale != 1 { context.scale(&dOutput, by: configuration.residualScale) }
  }
}
