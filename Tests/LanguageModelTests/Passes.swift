import Compute

@testable import LanguageModel

extension LanguageModel {
  /// The hidden states of all rows of one sequence, `[tokens.count, width]`, by cached passes over pieces of these
  /// sizes in turn, the last one as often as needed.
  func cachedStates(_ tokens: [Int], pieces: [Int], prefix: KeyValueCache? = nil) throws -> Matrix {
    let cache = makeCache(slots: 1, capacity: tokens.count)
    var memory = PassMemory(configuration)
    var states: [Matrix] = []
    var start = 0
    while start < tokens.count {
      let count = min(pieces[min(states.count, pieces.count - 1)], tokens.count - start)
      let input = SequenceInput(embeddings: try embed(Array(tokens[start..<start + count])), slot: 0, prefix: prefix)
      forwardAllRows([input], cache: cache, memory: &memory)
      states.append(memory.states)
      start += count
    }
    return Matrix.stacking(states, columns: configuration.width)
  }

  /// The hidden states of all rows of a packed batch, the prefix's first.
  func packedStates(prefix: [Int], sequences: [[Int]]) throws -> Matrix {
    var activations = PackedActivations(configuration)
    try forward(
      PackedBatch(
        prefix: try embed(prefix), sequences: try sequences.map { PackedBatch.Sequence(rows: try embed($0)) }),
      keeping: &activations)
    return activations.hidden
  }

  /// The tokens of greedy decoding for some sequences at once, in their slots.
  func greedyTokens(after prompts: [[Int]], count: Int) throws -> [[Int]] {
    let cache = makeCache(slots: prompts.count, capacity: (prompts.map(\.count).max() ?? 0) + count)
    var memory = PassMemory(configuration)
    var next = prompts, generated = prompts.map { _ in [Int]() }
    for _ in 0..<count {
      let inputs = try next.enumerated().map { SequenceInput(embeddings: try embed($1), slot: $0) }
      let tokens = context.largest(of: logits(of: try forward(inputs, cache: cache, memory: &memory)))
      for (slot, token) in tokens.enumerated() {
        generated[slot].append(token)
        next[slot] = [token]
      }
    }
    return generated
  }
}
