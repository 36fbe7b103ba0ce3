package import Compute

extension LanguageModel {
  /// The hidden states behind some blocks at an input's last position, before the last norm: for each of the blocks,
  /// `[width]`.
  /// - Parameters:
  ///   - embeddings: The input, `[count, width]`, at least one row.
  ///   - prefix: What stands before it, from ``prefix(_:)``; nil for nothing.
  ///   - blocks: How many blocks have run; 0 is the first block's input, one more than there are what the head reads,
  ///     behind the last norm.
  /// - Throws: ``LanguageModelError/tooLong(positions:limit:)``.
  package func hiddenStates(
    of embeddings: Matrix, after prefix: KeyValueCache? = nil, behind blocks: [Int]
  ) throws(LanguageModelError) -> [[Float]] {
    let positions = (prefix?.counts[0] ?? 0) + embeddings.rows
    guard positions <= positionLimit else { throw .tooLong(positions: positions, limit: positionLimit) }
    var found: [Int: [Float]] = [:]
    var memory = PassMemory(configuration)
    forwardAllRows(
      [SequenceInput(embeddings: embeddings, slot: 0, prefix: prefix)],
      cache: makeCache(slots: 1, capacity: embeddings.rows),
      memory: &memory,
      observe: { block, states in
        if blocks.contains(block) { found[block] = Array(states[row: states.rows - 1]) }
        if block == configuration.layers, blocks.contains(block + 1) {
          found[block + 1] = normalizedStates(states.rows(in: states.rows - 1..<states.rows)).values
        }
      })
    return blocks.map { found[$0] ?? [] }
  }
}
