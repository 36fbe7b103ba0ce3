import CKernels

/// The keys and values of positions that have been computed, for every layer and for a number of slots, one a sequence.
///
/// A class, since it is memory that a generation fills in place; it belongs to one task at a time and is not
/// `Sendable`.
package final class KeyValueCache {
  /// The heads.
  package let shape: AttentionShape
  /// The heads as they are stored.
  private let stored: AttentionShape
  /// Number of layers.
  package let layers: Int
  /// How many positions each slot holds, `[slots]`.
  package private(set) var counts: [Int] = []
  /// How many positions fit in each slot, `[slots]`.
  package private(set) var capacities: [Int] = []

  // Of each slot keys `[layers, heads, capacity / 16, headSize, 16]`, then values `[layers, heads, capacity,
  // headSize]`.
  private var memory: [ZeroedFloats] = []

  /// An empty cache of so many slots of one capacity, which is rounded up to a multiple of 16.
  package init(shape: AttentionShape, layers: Int, slots: Int, capacity: Int) {
    self.shape = shape
    stored = shape.padded
    self.layers = layers
    for _ in 0..<slots { addSlot(capacity: capacity) }
  }

  /// Number of sequences that fit.
  package var slots: Int { counts.count }

  /// Adds an empty slot; its capacity is rounded up to a multiple of 16.
  package func addSlot(capacity: Int) {
    counts.append(0)
    capacities.append(Self.rounded(capacity))
    memory.append(ZeroedFloats(count: size(ofSlot: slots - 1)))
  }

  /// Empties a slot and gives it another capacity, which is rounded up to a multiple of 16.
  package func resize(slot: Int, capacity: Int) {
    counts[slot] = 0
    capacities[slot] = Self.rounded(capacity)
    memory[slot] = ZeroedFloats(count: size(ofSlot: slot))
  }

  private static func rounded(_ capacity: Int) -> Int { (max(capacity, 1) + 15) / 16 * 16 }

  private func size(ofSlot slot: Int) -> Int { 2 * layers * capacities[slot] * stored.keyValueWidth }

  /// Marks `rows` more positions of a slot as computed, once all layers hold them.
  package func advance(slot: Int, by rows: Int) {
    precondition(counts[slot] + rows <= capacities[slot], "the cache's slot is full")
    counts[slot] += rows
  }

  /// Forgets a slot's positions past the first `count`.
  package func truncate(slot: Int, to count: Int) {
    counts[slot] = min(counts[slot], count)
  }

  func keys(layer: Int, slot: Int, head: Int) -> UnsafeMutablePointer<Float> {
    memory[slot].floats + (layer * shape.keyValueHeads + head) * capacities[slot] * stored.headSize
  }

  func values(layer: Int, slot: Int, head: Int) -> UnsafeMutablePointer<Float> {
    memory[slot].floats
      + ((layers + layer) * shape.keyValueHeads + head) * capacities[slot] * stored.headSize
  }
}

/// New rows of one sequence, which attend to a shared prefix, to the slot's cached positions and to one another.
package struct CachedSpan {
  /// Where the rows begin in the batch.
  package var firstRow: Int
  /// How many rows there are.
  package var rows: Int
  /// The slot of the cache that holds the sequence.
  package var slot: Int
  /// The prefix that comes before the slot's first position, a cache of one slot.
  package var prefix: KeyValueCache?

  /// New rows of a sequence.
  package init(firstRow: Int, rows: Int, slot: Int, prefix: KeyValueCache?) {
    self.firstRow = firstRow
    self.rows = rows
    self.slot = slot
    self.prefix = prefix
  }

  /// The position of the span's first row in its sequence, the prefix included.
  package func startPosition(in cache: KeyValueCache) -> Int { (prefix?.counts[0] ?? 0) + cache.counts[slot] }
}

extension ComputeContext {
  /// Causal attention of new rows, whose keys and values are written to the cache first.
  ///
  /// - Parameters:
  ///   - rows: Queries, keys and values, turned by their positions, `[rows, shape.rowWidth]`.
  ///   - spans: Which rows belong to which sequence. ``KeyValueCache/advance(slot:by:)`` is left to the caller, after
  ///     the last layer.
  ///   - scoring: How keys are scored.
  ///   - output: `[rows, shape.queryWidth]`.
  package func attend(
    _ rows: Matrix, scoring: AttentionScoring, spans: [CachedSpan], layer: Int, cache: KeyValueCache,
    into output: inout Matrix
  ) {
    let shape = cache.shape
    precondition(
      rows.columns == shape.rowWidth && output.columns == shape.queryWidth && output.rows == rows.rows)
    guard shape.needsPadding else {
      return attendPadded(rows, scoring: scoring, spans: spans, layer: layer, cache: cache, into: &output)
    }
    var padded = Matrix(rows: rows.rows, columns: shape.padded.queryWidth)
    attendPadded(padHeads(rows, shape), scoring: scoring, spans: spans, layer: layer, cache: cache, into: &padded)
    copyHeads(padded, heads: shape.queryHeads, from: shape.padded.headSize, to: shape.headSize, into: &output)
  }

  /// The same where the heads stand as the cache stores them.
  private func attendPadded(
    _ rows: Matrix, scoring: AttentionScoring, spans: [CachedSpan], layer: Int, cache: KeyValueCache,
    into output: inout Matrix
  ) {
    let shape = cache.shape.padded, width = shape.rowWidth, heads = shape.keyValueHeads
    precondition(
      spans.allSatisfy {
        cache.counts[$0.slot] + $0.rows <= cache.capacities[$0.slot] && $0.firstRow + $0.rows <= rows.rows
          && ($0.prefix.map { $0.shape == cache.shape && $0.layers == cache.layers } ?? true)
      }, "the spans do not fit the cache")
    rows.values.withUnsafeBufferPointer { rows in
      output.values.withUnsafeMutableBufferPointer { output in
        guard let rows = rows.baseAddress, let output = output.baseAddress else { return }
        withSlopes(of: scoring, shape: shape) { slopes in
          let groups = stepGroups(of: spans, heads: heads)
          pool.run(groups.count * heads) { index in
            let group = groups[index / heads], head = index % heads
            withUnsafeTemporaryAllocation(of: antipode_attention.self, capacity: group.count) { list in
              guard let attentions = list.baseAddress else { return }
              for (place, span) in spans[group].enumerated() {
                var attention = antipode_attention(
                  shape: shape, scoring: scoring, slopes: slopes.map { $0 + head * shape.group },
                  queries: rows + span.firstRow * width + shape.queryOffset(ofHead: head), rows: span.rows,
                  outputs: output + span.firstRow * shape.queryWidth + shape.queryOffset(ofHead: head))
                append(rows + span.firstRow * width, of: span, layer: layer, head: head, to: cache, seenBy: &attention)
                (attentions + place).initialize(to: attention)
              }
              let isStep = group.count > 1
              let scratch = UnsafeMutablePointer<Float>.allocate(
                capacity: isStep
                  ? kernels.functions.step_attention_scratch(attentions, group.count)
                  : kernels.functions.attention_scratch(attentions))
              defer { scratch.deallocate() }
              if isStep {
                kernels.functions.step_attention(attentions, group.count, scratch)
              } else {
                kernels.functions.attention(attentions, scratch)
              }
            }
          }
        }
      }
    }
  }

  /// Writes a span's new keys and values of a head behind those that the cache holds, and lets its attention see them
  /// all.
  /// - Parameter first: The span's first row.
  private func append(
    _ first: UnsafePointer<Float>, of span: CachedSpan, layer: Int, head: Int, to cache: KeyValueCache,
    seenBy attention: inout antipode_attention
  ) {
    let shape = cache.shape.padded, width = shape.rowWidth, start = cache.counts[span.slot]
    let keys = cache.keys(layer: layer, slot: span.slot, head: head)
    let values = cache.values(layer: layer, slot: span.slot, head: head)
    kernels.functions.pack_keys(
      first + shape.keyOffset(ofHead: head), width, start, span.rows, shape.headSize, keys)
    for row in 0..<span.rows {
      (values + (start + row) * shape.headSize).update(
        from: first + row * width + shape.valueOffset(ofHead: head), count: shape.headSize)
    }
    if let prefix = span.prefix {
      attention.prefix_count = prefix.counts[0]
      attention.prefix_keys = UnsafePointer(prefix.keys(layer: layer, slot: 0, head: head))
      attention.prefix_values = UnsafePointer(prefix.values(layer: layer, slot: 0, head: head))
      attention.prefix_value_stride = shape.headSize
    }
    attention.own_start = start
    attention.own_keys = UnsafePointer(keys)
    attention.own_values = UnsafePointer(values)
    attention.own_value_stride = shape.headSize
  }

  /// Spans that are worked on together: neighbours with one new row each and the same prefix, some at a time, but so
  /// that no thread is left without work; the others by themselves.
  private func stepGroups(of spans: [CachedSpan], heads: Int) -> [Range<Int>] {
    let most = min(8, max(1, spans.count * heads / (4 * pool.threads)))
    var groups: [Range<Int>] = []
    for (index, span) in spans.enumerated() {
      if let last = groups.last, last.count < most, span.rows == 1, spans[last.lowerBound].rows == 1,
        spans[last.lowerBound].prefix === span.prefix
      {
        groups[groups.count - 1] = last.lowerBound..<index + 1
      } else {
        groups.append(index..<index + 1)
      }
    }
    return groups
  }
}

/// Lends the slopes of the query heads, `[queryHeads]`, or nil where there are none.
func withSlopes(
  of scoring: AttentionScoring, shape: AttentionShape, _ body: (UnsafePointer<Float>?) -> Void
) {
  precondition(scoring.slopes.isEmpty || scoring.slopes.count == shape.queryHeads, "one slope for each query head")
  scoring.slopes.withUnsafeBufferPointer { body(scoring.slopes.isEmpty ? nil : $0.baseAddress) }
}

extension antipode_attention {
  /// The parts that every use fills alike; queries stand `shape.rowWidth` apart, outputs `shape.queryWidth`.
  init(
    shape: AttentionShape, scoring: AttentionScoring, slopes: UnsafePointer<Float>?, queries: UnsafePointer<Float>,
    rows: Int, outputs: UnsafeMutablePointer<Float>?
  ) {
    self.init()
    head_size = shape.headSize
    group = shape.group
    query_rows = rows
    self.queries = queries
    query_stride = shape.rowWidth
    self.outputs = outputs
    output_stride = shape.queryWidth
    scale = scoring.scale
    soft_cap = scoring.softCap ?? 0
    window = scoring.window ?? 0
    self.slopes = slopes
  }
}
