import Compute

/// The gradient of a loss to an adapter's matrices, summed up over backward passes.
///
/// Each number is one chain of fused multiply-adds of 32-bit floats over the rows of a batch, in their order, and over
/// the batches in theirs: it depends on neither threads nor kernels.
package struct AdapterGradient: Sendable {
  /// The gradient to each pair's A, `[rank, inputs]`.
  var down: [Matrix] = []
  /// The gradient to scale · Bᵀ, `[rank, outputs]`, in the engine's order of outputs.
  var up: [Matrix] = []
  private var scale: Float = 1
  private var rows: [[Int]?] = []

  /// No gradient at all: it is not computed.
  static let unwanted = AdapterGradient()

  private init() {}

  /// Zero, for the adapter that a model has; nothing where it has none.
  package init(for model: LanguageModel) {
    guard let adapter = model.adapter else { return }
    scale = adapter.settings.scale
    down = adapter.pairs.map { Matrix(rows: $0.a.rows, columns: $0.a.columns) }
    up = adapter.pairs.map { Matrix(rows: $0.b.columns, columns: $0.b.rows) }
    rows = Array(repeating: nil, count: adapter.pairs.count)
    for block in model.blocks {
      for part in block.queryKeyValue.lowRank?.parts ?? [] { rows[part.index] = part.rows }
    }
  }

  /// Whether it is computed.
  var isWanted: Bool { !down.isEmpty }

  /// Sets all of it to zero.
  package mutating func clear() {
    for index in down.indices {
      down[index].clear()
      up[index].clear()
    }
  }

  /// The gradients to A and B, in the order of the adapter's pairs.
  package var pairs: [LowRankPair] {
    down.indices.map { index in
      let turned = up[index].transposed()
      var b = turned
      for row in 0..<b.rows {
        let origin = rows[index]?[row] ?? row
        for column in 0..<b.columns { b[origin, column] = scale * turned[row, column] }
      }
      return LowRankPair(a: down[index], b: b)
    }
  }
}
