import CKernels

/// Rows of one sequence in a packed batch, which attend to a shared prefix and, causally, to one another.
public struct PackedSpan: Sendable, Equatable {
  /// Where the rows begin in the batch.
  public var firstRow: Int
  /// How many rows there are.
  public var rows: Int
  /// The index of the span that comes before this one in every reader's eyes; that span has no prefix itself.
  public var prefix: Int?

  /// Rows of one sequence.
  public init(firstRow: Int, rows: Int, prefix: Int?) {
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
  ///   - output: `[rows, shape.queryWidth]`.
  public func attend(_ rows: Matrix, shape: AttentionShape, spans: [PackedSpan], into output: inout Matrix) {
    precondition(rows.columns == shape.rowWidth && output.columns == shape.queryWidth && output.rows == rows.rows)
    rows.values.withUnsafeBufferPointer { rows in
      output.values.withUnsafeMutableBufferPointer { output in
        guard let rows = rows.baseAddress, let output = output.baseAddress else { return }
        withKeyPanels(rows, shape: shape, spans: spans) { panels in
          pool.run(spans.count * shape.keyValueHeads) { index in
            let span = spans[index / shape.keyValueHeads], head = index % shape.keyValueHeads
            var attention = packedAttention(rows, shape: shape, spans: spans, index: index, panels: panels)
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
  ///   - dRows: `[rows, shape.rowWidth]`, overwritten.
  public func attendGradient(
    of dOutput: Matrix, at rows: Matrix, shape: AttentionShape, spans: [PackedSpan], into dRows: inout Matrix
  ) {
    precondition(rows.columns == shape.rowWidth && dOutput.columns == shape.queryWidth)
    precondition(dRows.columns == shape.rowWidth && dRows.rows == rows.rows && dOutput.rows == rows.rows)
    let width = shape.rowWidth, heads = shape.keyValueHeads, size = shape.headSize
    // Each reader's share of its prefix's gradient, `[keys and values, prefix rows, headSize]` for each span and head.
    let share = 2 * size * (spans.compactMap { $0.prefix.map { spans[$0].rows } }.max() ?? 0)
    let shares = UnsafeMutablePointer<Float>.allocate(capacity: max(1, spans.count * heads * share))
    defer { shares.deallocate() }
    rows.values.withUnsafeBufferPointer { rows in
      dOutput.values.withUnsafeBufferPointer { dOutput in
        dRows.values.withUnsafeMutableBufferPointer { dRows in
          guard let rows = rows.baseAddress, let dOutput = dOutput.baseAddress, let dRows = dRows.baseAddress
          else { return }
          withKeyPanels(rows, shape: shape, spans: spans) { panels in
            pool.run(spans.count * heads) { index in
              let span = spans[index / heads], head = index % heads
              let target = dRows + span.firstRow * width
              var gradient = antipode_attention_gradient()
              gradient.forward = packedAttention(rows, shape: shape, spans: spans, index: index, panels: panels)
              gradient.output_gradients =
                dOutput + span.firstRow * shape.queryWidth + shape.queryOffset(ofHead: head)
              gradient.query_gradients = target + shape.queryOffset(ofHead: head)
              gradient.key_stride = width
              gradient.own_key_rows = rows + span.firstRow * width + shape.keyOffset(ofHead: head)
              gradient.own_key_gradients = target + shape.keyOffset(ofHead: head)
              gradient.own_value_gradients = target + shape.valueOffset(ofHead: head)
              gradient.own_gradient_stride = width
              if let prefix = span.prefix {
                gradient.prefix_key_rows = rows + spans[prefix].firstRow * width + shape.keyOffset(ofHead: head)
                gradient.prefix_key_gradients = shares + index * share
                gradient.prefix_value_gradients = shares + index * share + spans[prefix].rows * size
              }
              let count = kernels.functions.attention_gradient_scratch(&gradient)
              let scratch = UnsafeMutablePointer<Float>.allocate(capacity: count)
              defer { scratch.deallocate() }
              kernels.functions.attention_gradient(&gradient, scratch)
            }
          }
          for (index, span) in spans.enumerated() {
            guard let prefix = span.prefix else { continue }
            let target = dRows + spans[prefix].firstRow * width, count = spans[prefix].rows
            forEachRow(count) { row in
              for head in 0..<heads {
                let source = shares + (index * heads + head) * share + row * size
                let line = target + row * width
                kernels.functions.add(line + shape.keyOffset(ofHead: head), source, size)
                kernels.functions.add(line + shape.valueOffset(ofHead: head), source + count * size, size)
              }
            }
          }
        }
      }
    }
  }

  /// Lays the keys of all spans and heads out in panels for the time of `body`, which gets them by `[span · heads + head]`.
  private func withKeyPanels(
    _ rows: UnsafePointer<Float>, shape: AttentionShape, spans: [PackedSpan],
    _ body: ([UnsafeMutablePointer<Float>]) -> Void
  ) {
    let heads = shape.keyValueHeads
    var offsets: [Int] = []
    var total = 0
    for span in spans {
      for _ in 0..<heads {
        offsets.append(total)
        total += (span.rows + 15) / 16 * 16 * shape.headSize
      }
    }
    let storage = UnsafeMutablePointer<Float>.allocate(capacity: max(total, 1))
    storage.initialize(repeating: 0, count: total)
    defer { storage.deallocate() }
    let panels = offsets.map { storage + $0 }
    pool.run(spans.count * heads) { index in
      let span = spans[index / heads]
      antipode_pack_keys(
        rows + span.firstRow * shape.rowWidth + shape.keyOffset(ofHead: index % heads), shape.rowWidth, 0, span.rows,
        shape.headSize, panels[index])
    }
    body(panels)
  }

  private func packedAttention(
    _ rows: UnsafePointer<Float>, shape: AttentionShape, spans: [PackedSpan], index: Int,
    panels: [UnsafeMutablePointer<Float>]
  ) -> antipode_attention {
    let heads = shape.keyValueHeads, width = shape.rowWidth
    let span = spans[index / heads], head = index % heads
    let first = rows + span.firstRow * width
    var attention = antipode_attention(
      shape: shape, queries: first + shape.queryOffset(ofHead: head), rows: span.rows, outputs: nil)
    attention.own_keys = UnsafePointer(panels[index])
    attention.own_values = first + shape.valueOffset(ofHead: head)
    attention.own_value_stride = width
    if let prefix = span.prefix {
      attention.prefix_count = spans[prefix].rows
      attention.prefix_keys = UnsafePointer(panels[prefix * heads + head])
      attention.prefix_values = rows + spans[prefix].firstRow * width + shape.valueOffset(ofHead: head)
      attention.prefix_value_stride = width
    }
    return attention
  }
}
