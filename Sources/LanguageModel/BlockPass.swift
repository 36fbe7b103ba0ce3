import Compute

/// The steps of a block that the cached and the packed pass share. All matrices are `[rows, …]`.
extension LanguageModel {
  /// The first block's input, from the embeddings, in place.
  func begin(_ states: inout Matrix) {
    if configuration.inputScale != 1 { context.scale(&states, by: configuration.inputScale) }
    guard let embeddingNorm else { return }
    let rows = states
    context.normalize(rows, embeddingNorm, into: &states)
  }

  /// Queries, keys and values of the states, before anything is done to the heads.
  func project(_ states: Matrix, _ block: Block, normalized: inout Matrix, into rows: inout Matrix) {
    multiply(states, block.attentionNorm, by: block.queryKeyValue, normalized: &normalized, into: &rows)
  }

  /// Normalizes and turns each head's query and key, in place, as the block does it.
  func placeHeads(_ rows: inout Matrix, _ block: Block, positions: [Int]) {
    let shape = configuration.attention
    if let norm = block.queryNorm {
      context.normalizeHeads(&rows, from: 0, heads: shape.queryWidth / norm.weight.count, norm)
    }
    if let norm = block.keyNorm {
      context.normalizeHeads(&rows, from: shape.queryWidth, heads: shape.keyValueWidth / norm.weight.count, norm)
    }
    guard let rotary = block.rotary else { return }
    context.rotate(
      &rows, heads: shape.queryHeads + shape.keyValueHeads, headSize: shape.headSize, positions: positions,
      table: rotaryTables[rotary])
  }

  /// Adds what attention gives to the states.
  /// - Parameters:
  ///   - projected: Gets the output product, `[rows, width]`, before the norm that some families have.
  ///   - normalized: Memory for that norm.
  func addAttention(
    _ attended: Matrix, _ block: Block, projected: inout Matrix, normalized: inout Matrix, to states: inout Matrix
  ) {
    multiply(attended, by: block.attentionOutput, into: &projected)
    add(projected, block.attentionOutputNorm, normalized: &normalized, to: &states)
  }

  /// What the feed-forward layer gives, `[rows, width]`, before the norm that some families have.
  /// - Parameters:
  ///   - gateUp: Gets the inner rows of a dense layer, which its gradient needs.
  ///   - gated: Memory for what the activation makes of them.
  func feedForward(
    _ states: Matrix, _ block: Block, normalized: inout Matrix, gateUp: inout Matrix, gated: inout Matrix,
    into projected: inout Matrix
  ) {
    switch block.feedForward {
    case .dense(let layer):
      multiply(states, block.feedForwardNorm, by: layer.gateUp, normalized: &normalized, into: &gateUp)
      context.activate(gateUp, configuration.activation, into: &gated)
      multiply(gated, by: layer.down, into: &projected)
    case .experts(let layer):
      normalize(states, block.feedForwardNorm, into: &normalized)
      run(layer, on: normalized, into: &projected)
    }
  }

  /// What a layer gets from the states, normalized where the family does so.
  func normalize(_ states: Matrix, _ norm: Norm?, into normalized: inout Matrix) {
    guard let norm else { return context.copy(states, to: &normalized) }
    context.normalize(states, norm, into: &normalized)
  }

  /// Adds what a layer gives to the states, normalized or multiplied where the family does so.
  func add(_ projected: Matrix, _ norm: Norm?, normalized: inout Matrix, to states: inout Matrix) {
    guard let norm else { return context.add(projected, times: configuration.residualScale, to: &states) }
    context.normalize(projected, norm, into: &normalized)
    context.add(normalized, times: configuration.residualScale, to: &states)
  }

  private func multiply(
    _ states: Matrix, _ norm: Norm?, by projection: Projection, normalized: inout Matrix, into y: inout Matrix
  ) {
    guard let norm else { return multiply(states, by: projection, into: &y) }
    context.normalize(states, norm, into: &normalized)
    multiply(normalized, by: projection, into: &y)
  }

  private func multiply(_ x: Matrix, by projection: Projection, into y: inout Matrix) {
    context.multiply(x, by: projection.weights, into: &y)
    if let bias = projection.bias { context.add(bias: bias, to: &y) }
    projection.lowRank?.add(x, to: &y, on: context)
  }
}
