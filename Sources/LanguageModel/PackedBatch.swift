package import Compute

/// A batch of whole sequences for tuning, packed without padding: a shared prefix, run once, then each sequence's rows.
package struct PackedBatch: Sendable {
  /// A sequence after the batch's prefix, and what may follow it: each continuation reads the sequence and not the
  /// others, so that several answers to one instruction run the instruction once.
  package struct Sequence: Sendable {
    /// `[count, width]`.
    package var rows: Matrix
    /// `[count, width]` each; one without rows adds nothing.
    package var continuations: [Matrix]

    /// A sequence and its continuations.
    package init(rows: Matrix, continuations: [Matrix] = []) {
      self.rows = rows
      self.continuations = continuations
    }
  }

  /// Embeddings of all rows: the prefix's first, then each sequence's and those of its continuations, `[rows, width]`.
  package let embeddings: Matrix
  /// Which rows belong to which sequence; with a prefix, span 0 is the prefix.
  package let spans: [PackedSpan]
  /// The position of each row in its sequence, `[rows]`.
  package let positions: [Int]

  /// Packs sequences that all begin with one prefix.
  /// - Parameters:
  ///   - prefix: `[count, width]`; no rows where there is no shared prefix.
  ///   - sequences: What stands after the prefix.
  package init(prefix: Matrix, sequences: [Sequence]) {
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
