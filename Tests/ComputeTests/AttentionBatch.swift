import Compute
import Randomness
import TestSupport

/// A packed batch for tests of attention: a prefix that crosses panels of 16 positions, and sequences on both sides of
/// a panel and of the 8 query positions that are worked on at a time.
struct AttentionBatch {
  let shape: AttentionShape
  let spans: [PackedSpan]
  /// How scores are made.
  let scoring: AttentionScoring
  /// Queries, keys and values.
  let rows: Matrix

  private struct Impossible: Error {}

  /// The ways to score that families have.
  enum Scoring: CaseIterable {
    case plain, scaled, capped, windowed, sloped, all

    func rules(_ shape: AttentionShape) -> AttentionScoring {
      var rules = AttentionScoring(shape)
      if self == .scaled || self == .all { rules.scale = 0.4 }
      if self == .capped || self == .all { rules.softCap = 1.5 }
      if self == .windowed || self == .all { rules.window = 11 }
      if self == .sloped || self == .all { rules.slopes = AttentionScoring.alibiSlopes(heads: shape.queryHeads) }
      return rules
    }
  }

  /// - Parameter branches: Spans that read the first sequence too.
  init(
    prefix: Int = 19, lengths: [Int] = [21, 1, 9, 16], branches: [Int] = [], queryHeads: Int = 6,
    keyValueHeads: Int = 2, headSize: Int = 16, scoring: Scoring = .plain
  ) throws {
    guard let shape = AttentionShape(queryHeads: queryHeads, keyValueHeads: keyValueHeads, headSize: headSize)
    else { throw Impossible() }
    var spans = prefix > 0 ? [PackedSpan(firstRow: 0, rows: prefix, prefix: nil)] : []
    var row = prefix
    for length in lengths {
      spans.append(PackedSpan(firstRow: row, rows: length, prefix: prefix > 0 ? 0 : nil))
      row += length
    }
    for length in branches {
      spans.append(PackedSpan(firstRow: row, rows: length, prefix: prefix > 0 ? 1 : 0))
      row += length
    }
    var random = CounterRandom(test: prefix)
    self.shape = shape
    self.scoring = scoring.rules(shape)
    self.spans = spans
    rows = random.matrix(row, shape.rowWidth)
  }

  func attended(on context: ComputeContext) -> Matrix {
    var output = Matrix(rows: rows.rows, columns: shape.queryWidth)
    context.attend(rows, shape: shape, scoring: scoring, spans: spans, into: &output)
    return output
  }

  func gradient(of slopes: Matrix, on context: ComputeContext) -> Matrix {
    // What stands there is to be overwritten.
    var gradient = Matrix(rows: rows.rows, columns: shape.rowWidth)
    for row in 0..<rows.rows { gradient[row: row] = [Float](repeating: .nan, count: shape.rowWidth)[...] }
    context.attendGradient(of: slopes, at: rows, shape: shape, scoring: scoring, spans: spans, into: &gradient)
    return gradient
  }
}
