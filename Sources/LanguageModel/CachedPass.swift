package import Compute

/// New rows of one sequence for a cached forward pass.
package struct SequenceInput {
  /// Embeddings of the new positions, `[count, width]`.
  package var embeddings: Matrix
  /// The cache's slot that holds the sequence.
  package var slot: Int
  /// The prefix before the slot's first position, from ``LanguageModel/prefix(_:)``.
  package var prefix: KeyValueCache?

  /// New rows of one sequence.
  package init(embeddings: Matrix, slot: Int, prefix: KeyValueCache? = nil) {
    self.embeddings = embeddings
    self.slot = slot
    self.prefix = prefix
  }

  /// The rows as attention knows them, from a row of the batch on.
  fileprivate func span(firstRow: Int) -> CachedSpan {
    CachedSpan(firstRow: firstRow, rows: embeddings.rows, slot: slot, prefix: prefix)
  }
}

/// Memory of a forward pass that one step hands on to the next.
package struct PassMemory {
  var states: Matrix
  var normalized: Matrix
  var projected: Matrix
  var queryKeyValue: Matrix
  var attended: Matrix
  var gateUp: Matrix
  var gated: Matrix

  /// Empty memory for a model of these dimensions.
  package init(_ configuration: ModelConfiguration) {
    states = Matrix(rows: 0, columns: configuration.width)
    normalized = states
    projected = states
    queryKeyValue = Matrix(rows: 0, columns: configuration.attention.rowWidth)
    attended = Matrix(rows: 0, columns: configuration.attention.queryWidth)
    gateUp = Matrix(rows: 0, columns: configuration.innerWidth)
    gated = Matrix(rows: 0, columns: configuration.feedForwardWidth)
  }

  mutating func resize(rows: Int) {
    states.resize(rows: rows)
    normalized.resize(rows: rows)
    projected.resize(rows: rows)
    queryKeyValue.resize(rows: rows)
    attended.resize(rows: rows)
    gateUp.resize(rows: rows)
    gated.resize(rows: rows)
  }
}

extension LanguageModel {
  /// An empty cache for some sequences of at most `capacity` positions each, prefixes not counted.
  package func makeCache(slots: Int, capacity: Int) -> KeyValueCache {
    KeyValueCache(
      shape: configuration.attention, layers: configuration.layers, slots: slots, capacity: capacity)
  }

  /// Computes a prompt's keys and values once, for all the sequences that begin with it.
  /// - Parameter embeddings: `[count, width]`, at least one row.
  /// - Throws: ``LanguageModelError/tooLong(positions:limit:)``.
  package func prefix(_ embeddings: Matrix) throws(LanguageModelError) -> KeyValueCache {
    let cache = makeCache(slots: 1, capacity: embeddings.rows)
    var memory = PassMemory(configuration)
    _ = try forward([SequenceInput(embeddings: embeddings, slot: 0)], cache: cache, memory: &memory)
    return cache
  }

  /// Runs new rows of many sequences as one batch; each attends to its prefix, to what its slot holds, and to itself.
  ///
  /// A sequence's numbers do not depend on the others, nor on how its rows are split over calls.
  /// - Returns: The hidden state of each sequence's last new row, before the last norm, `[inputs.count, width]`.
  /// - Throws: ``LanguageModelError/tooLong(positions:limit:)``.
  package func forward(
    _ inputs: [SequenceInput], cache: KeyValueCache, memory: inout PassMemory
  ) throws(LanguageModelError) -> Matrix {
    try forward(inputs, keeping: inputs.map { _ in 1 }, cache: cache, memory: &memory)
  }

  /// The same with the hidden states of several last rows of each sequence, `[Σ kept, width]`.
  /// - Parameter kept: How many of each input's rows, at most as many as it has, `[inputs.count]`.
  package func forward(
    _ inputs: [SequenceInput], keeping kept: [Int], cache: KeyValueCache, memory: inout PassMemory
  ) throws(LanguageModelError) -> Matrix {
    precondition(zip(inputs, kept).allSatisfy { 0...$0.embeddings.rows ~= $1 }, "more rows than there are")
    for input in inputs {
      let end = input.span(firstRow: 0).startPosition(in: cache) + input.embeddings.rows
      guard end <= positionLimit else { throw .tooLong(positions: end, limit: positionLimit) }
    }
    var hidden: [Matrix] = []
    var first = 0
    while first < inputs.count {
      // Whole sequences, some hundred rows at a time: what one step of a block writes, the next finds in the cache.
      var rows = inputs[first].embeddings.rows, next = first + 1
      while next < inputs.count, rows + inputs[next].embeddings.rows <= Self.rowsAtATime {
        rows += inputs[next].embeddings.rows
        next += 1
      }
      forwardAllRows(Array(inputs[first..<next]), cache: cache, memory: &memory)
      var end = 0
      hidden.append(
        memory.states.gathering(
          rows: (first..<next).flatMap { index in
            end += inputs[index].embeddings.rows
            return end - kept[index]..<end
          }))
      first = next
    }
    return hidden.count == 1 ? hidden[0] : Matrix.stacking(hidden, columns: configuration.width)
  }

  private static let rowsAtATime = 512

  /// The same with the hidden states of all new rows, `[Σ rows, width]`, left in the memory's states.
  /// - Parameter observe: Called with the number of blocks that have run and the states behind them, `[Σ rows, width]`.
  func forwardAllRows(
    _ inputs: [SequenceInput], cache: KeyValueCache, memory: inout PassMemory, observe: ((Int, Matrix) -> Void)? = nil
  ) {
    var spans: [CachedSpan] = []
    var positions: [Int] = []
    var row = 0
    for input in inputs {
      let span = input.span(firstRow: row)
      let start = span.startPosition(in: cache)
      spans.append(span)
      positions += start..<start + span.rows
      row += span.rows
    }
    memory.resize(rows: row)
    for (input, span) in zip(inputs, spans) {
      for index in 0..<span.rows { memory.states[row: span.firstRow + index] = input.embeddings[row: index] }
    }
    begin(&memory.states)
    context.apply(edits, behind: 0, to: &memory.states)
    observe?(0, memory.states)
    for (layer, block) in blocks.enumerated() {
      project(memory.states, block, normalized: &memory.normalized, into: &memory.queryKeyValue)
      placeHeads(&memory.queryKeyValue, block, positions: positions)
      context.attend(
        memory.queryKeyValue, scoring: block.scoring, spans: spans, layer: layer, cache: cache, into: &memory.attended)
      addAttention(
        memory.attended, block, projected: &memory.projected, normalized: &memory.normalized, to: &memory.states)
      context.apply(edits, behind: nil, to: &memory.states)
      feedForward(
        memory.states, block, normalized: &memory.normalized, gateUp: &memory.gateUp, gated: &memory.gated,
        into: &memory.projected)
      add(memory.projected, block.feedForwardOutputNorm, normalized: &memory.normalized, to: &memory.states)
      context.apply(edits, behind: layer + 1, to: &memory.states)
      observe?(layer + 1, memory.states)
    }
    for span in spans { cache.advance(slot: span.slot, by: span.rows) }
  }
}
