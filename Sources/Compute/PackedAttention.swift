import CKernels

/// Rows of one sequence in a packed batch, which attend to a shared prefix and, causally, to one another.
///
/// Prefixes form a tree: an instruction's rows read the soft prompt's, and each of its answers' rows read both.
package struct PackedSpan: Sendable, Equatable {
  /// Where the rows begin in the batch.
  package var firstRow: Int
  /// How many rows there are.
  package var rows: Int
  /// The index of the span that comes before this one in every reader's eyes, an earlier one; it may have a prefix
  /// itself.
  package var prefix: Int?

  /// Rows of one sequence.
  package init(firstRow: Int, rows: Int, prefix: Int?) {
    self.firstRow = firstRow
    self.rows = rows
    self.prefix = prefix
  }
}

extension ComputeContext {
  /// Causal attention over a packed batch: the prefix's keys and values are computed once and read by every sequence.
  ///
  /// - Parameters:
  ///   - rows: Queries, keys and values, turned by their positions, `[rows, shape.rowWidth]`.
  ///   - scoring: How keys are scored.
  ///   - output: `[rows, shape.queryWidth]`.
  package func attend(
    _ rows: Matrix, shape: AttentionShape, scoring: AttentionScoring, spans: [PackedSpan], into output: inout Matrix
  ) {
    precondition(rows.columns == shape.rowWidth && output.columns == shape.queryWidth && output.rows == rows.rows)
    guard !shape.needsPadding else {
      var padded = Matrix(rows: rows.rows, columns: shape.padded.queryWidth)
      attend(padHeads(rows, shape), shape: shape.padded, scoring: scoring, spans: spans, into: &padded)
      return copyHeads(
        padded, heads: shape.queryHeads, from: shape.padded.headSize, to: shape.headSize, into: &output)
    }
    rows.values.withUnsafeBufferPointer { rows in
      output.values.withUnsafeMutableBufferPointer { output in
        guard let rows = rows.baseAddress, let output = output.baseAddress else { return }
        withKeys(rows, shape: shape, scoring: scoring, spans: spans) { panels, prefixes, slopes in
          pool.run(spans.count * shape.keyValueHeads) { index in
            let span = spans[index / shape.keyValueHeads], head = index % shape.keyValueHeads
            var attention = packedAttention(
              rows, shape: shape, scoring: scoring, slopes: slopes, spans: spans, index: index, panels: panels,
              prefixes: prefixes)
            attention.outputs = output + span.firstRow * shape.queryWidth + shape.queryOffset(ofHead: head)
            let count = kernels.functions.attention_scratch(&attention)
            let scratch = UnsafeMutablePointer<Float>.allocate(capacity: count)
            defer { scratch.deallocate() }
            kernels.functions.attention(&attention, scratch)
          }
        }
      }
    }
  }

  /// The gradient of packed attention to its queries, keys and values; those of a prefix are the sum over the sequences
  /// that read it, in their order.
  ///
  /// - Parameters:
  ///   - dOutput: `[rows, shape.queryWidth]`.
  ///   - rows: The input of the forward pass, `[rows, shape.rowWidth]`.
  ///   - scoring: How keys are scored.
  ///   - dRows: `[rows, shape.rowWidth]`, overwritten.
  package func attendGradient(
    of dOutput: Matrix, at rows: Matrix, shape: AttentionShape, scoring: AttentionScoring, spans: [PackedSpan],
    into dRows: inout Matrix
  ) {
    precondition(rows.columns == shape.rowWidth && dOutput.columns == shape.queryWidth)
    precondition(dRows.columns == shape.rowWidth && dRows.rows == rows.rows && dOutput.rows == rows.rows)
    guard !shape.needsPadding else {
      let padded = shape.padded
      var output = Matrix(rows: rows.rows, columns: padded.queryWidth)
      copyHeads(dOutput, heads: shape.queryHeads, from: shape.headSize, to: padded.headSize, into: &output)
      var dPadded = Matrix(rows: rows.rows, columns: padded.rowWidth)
      attendGradient(
        of: output, at: padHeads(rows, shape), shape: padded, scoring: scoring, spans: spans, into: &dPadded)
      return copyHeads(
        dPadded, heads: shape.queryHeads + 2 * shape.keyValueHeads, from: padded.headSize, to: shape.headSize,
        into: &dRows)
    }
    let width = shape.rowWidth, heads = shape.keyValueHeads, size = shape.headSize
    // Each reader's share of its prefix's gradient, `[keys and values, prefix rows, headSize]` for each span and head.
    let share = 2 * size * (spans.indices.map { Self.prefixRows(of: $0, spans) }.max() ?? 0)
    let shares = UnsafeMutablePointer<Float>.allocate(capacity: max(1, spans.count * heads * share))
    defer { shares.deallocate() }
    rows.values.withUnsafeBufferPointer { rows in
      dOutput.values.withUnsafeBufferPointer { dOutput in
        dRows.values.withUnsafeMutableBufferPointer { dRows in
          guard let rows = rows.baseAddress, let dOutput = dOutput.baseAddress, let dRows = dRows.baseAddress
          else { return }
          withKeys(rows, shape: shape, scoring: scoring, spans: spans) { panels, prefixes, slopes in
            pool.run(spans.count * heads) { index in
              let span = spans[index / heads], head = index % heads
              let target = dRows + span.firstRow * width
              var gradient = antipode_attention_gradient()
              gradient.forward = packedAttention(
                rows, shape: shape, scoring: scoring, slopes: slopes, spans: spans, index: index, panels: panels,
                prefixes: prefixes)
              gradient.output_gradients =
                dOutput + span.firstRow * shape.queryWidth + shape.queryOffset(ofHead: head)
              gradient.query_gradients = target + shape.queryOffset(ofHead: head)
              gradient.key_stride = width
              gradient.own_key_rows = rows + span.firstRow * width + shape.keyOffset(ofHead: head)
              gradient.own_key_gradients = target + shape.keyOffset(ofHead: head)
              gradient.own_value_gradients = target + shape.valueOffset(ofHead: head)
              gradient.own_gradient_stride = width
              if let prefix = span.prefix.flatMap({ prefixes[$0] }) {
                gradient.prefix_key_rows = prefix.rows + shape.keyOffset(ofHead: head)
                gradient.prefix_key_gradients = shares + index * share
                gradient.prefix_value_gradients = shares + index * share + prefix.count * size
              }
              let count = kernels.functions.attention_gradient_scratch(&gradient)
              let scratch = UnsafeMutablePointer<Float>.allocate(capacity: count)
              defer { scratch.deallocate() }
              kernels.functions.attention_gradient(&gradient, scratch)
            }
          }
          for index in spans.indices where spans[index].rows > 0 {
            let count = Self.prefixRows(of: index, spans)
            var first = 0
            for part in Self.prefixes(of: index, spans) {
              let target = dRows + spans[part].firstRow * width, start = first
              forEachRow(spans[part].rows) { row in
                for head in 0..<heads {
                  let source = shares + (index * heads + head) * share + (start + row) * size
                  let line = target + row * width
                  kernels.functions.add(line + shape.keyOffset(ofHead: head), source, size)
                  kernels.functions.add(line + shape.valueOffset(ofHead: head), source + count * size, size)
                }
              }
              first += spans[part].rows
            }
          }
        }
      }
    }
  }

  /// The spans before a span, the first first.
  private static func prefixes(of index: Int, _ spans: [PackedSpan]) -> [Int] {
    guard let prefix = spans[index].prefix else { return [] }
    precondition(prefix < index, "a span's prefix stands before it")
    return prefixes(of: prefix, spans) + [prefix]
  }

  private static func prefixRows(of index: Int, _ spans: [PackedSpan]) -> Int {
    prefixes(of: index, spans).reduce(0) { $0 + spans[$1].rows }
  }

  /// What the readers of a span see: its own rows and those of all its prefixes, one after the other.
  private struct PrefixRows {
    /// `[count, shape.rowWidth]`; a copy only where several spans are put together.
    var rows: UnsafePointer<Float>
    var count: Int
    /// The keys in panels, one for each head.
    var panels: [UnsafePointer<Float>]
  }

  /// Lays the keys of all spans and heads out in panels for the time of `body`, which gets them by `[span · heads +
  /// head]`, what is read as a prefix by its last span, and the slopes of the query heads.
  private func withKeys(
    _ rows: UnsafePointer<Float>, shape: AttentionShape, scoring: AttentionScoring, spans: [PackedSpan],
    _ body: ([UnsafeMutablePointer<Float>], [PrefixRows?], UnsafePointer<Float>?) -> Void
  ) {
    let heads = shape.keyValueHeads, width = shape.rowWidth
    // Prefixes that have prefixes: these are put together.
    let joined = Set(spans.compactMap(\.prefix)).filter { spans[$0].prefix != nil }.sorted()
    let joinedRows = joined.map { Self.prefixRows(of: $0, spans) + spans[$0].rows }
    var offsets: [Int] = []
    var total = 0
    for count in spans.map(\.rows) + joinedRows {
      for _ in 0..<heads {
        offsets.append(total)
        total += (count + 15) / 16 * 16 * shape.headSize
      }
    }
    let copies = joinedRows.indices.map { total + joinedRows[..<$0].reduce(0, +) * width }
    let storage = UnsafeMutablePointer<Float>.allocate(capacity: max(total + joinedRows.reduce(0, +) * width, 1))
    storage.initialize(repeating: 0, count: total)
    defer { storage.deallocate() }
    let panels = offsets.map { storage + $0 }

    pool.run(joined.count) { index in
      var target = storage + copies[index]
      for part in Self.prefixes(of: joined[index], spans) + [joined[index]] {
        let count = spans[part].rows * width
        target.update(from: rows + spans[part].firstRow * width, count: count)
        target += count
      }
    }
    pool.run(offsets.count) { index in
      let block = index / heads
      let (source, count) =
        block < spans.count
        ? (rows + spans[block].firstRow * width, spans[block].rows)
        : (UnsafePointer(storage + copies[block - spans.count]), joinedRows[block - spans.count])
      kernels.functions.pack_keys(
        source + shape.keyOffset(ofHead: index % heads), width, 0, count, shape.headSize, panels[index])
    }
    var prefixes = [PrefixRows?](repeating: nil, count: spans.count)
    for prefix in spans.compactMap(\.prefix) where prefixes[prefix] == nil {
      let copy = joined.firstIndex(of: prefix)
      let block = copy.map { spans.count + $0 } ?? prefix
      prefixes[prefix] = PrefixRows(
        rows: copy.map { UnsafePointer(storage + copies[$0]) } ?? rows + spans[prefix].firstRow * width,
        count: copy.map { joinedRows[$0] } ?? spans[prefix].rows,
        panels: (0..<heads).map { UnsafePointer(panels[block * heads + $0]) })
    }
    withSlopes(of: scoring, shape: shape) { body(panels, prefixes, $0) }
  }

  private func packedAttention(
    _ rows: UnsafePointer<Float>, shape: AttentionShape, scoring: AttentionScoring, slopes: UnsafePointer<Float>?,
    spans: [PackedSpan], index: Int,
    panels: [UnsafeMutablePointer<Float>], prefixes: [PrefixRows?]
  ) -> antipode_attention {
    let heads = shape.keyValueHeads, width = shape.rowWidth
    let span = spans[index / heads], head = index % heads
    let first = rows + span.firstRow * width
    var attention = antipode_attention(
      shape: shape, scoring: scoring, slopes: slopes.map { $0 + head * shape.group },
      queries: first + shape.queryOffset(ofHead: head), rows: span.rows, outputs: nil)
    attention.own_keys = UnsafePointer(panels[index])
    attention.own_values = first + shape.valueOffset(ofHead: head)
    attention.own_value_stride = width
    if let prefix = span.prefix.flatMap({ prefixes[$0] }) {
      attention.prefix_count = prefix.count
      attention.prefix_keys = prefix.panels[head]
      attention.prefix_values = prefix.rows + shape.valueOffset(ofHead: head)
      attention.prefix_value_stride = width
    }
    return attention
  }
}
