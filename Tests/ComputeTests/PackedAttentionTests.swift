import CKernels
import Foundation
import Randomness
import TestSupport
import Testing

@testable import Compute

struct PackedAttentionTests {
  private let context = ComputeContext(threads: 2)

  @Test(arguments: [0, 1, 16, 19], AttentionBatch.Scoring.allCases)
  func attentionIsThatOfThePlainDefinition(prefix: Int, scoring: AttentionBatch.Scoring) throws {
    for (queryHeads, keyValueHeads, headSize) in [(6, 2, 16), (3, 3, 32), (9, 3, 64), (4, 2, 24), (3, 1, 7)] {
      let batch = try AttentionBatch(
        prefix: prefix, branches: [5, 18], queryHeads: queryHeads, keyValueHeads: keyValueHeads, headSize: headSize,
        scoring: scoring)
      let expected = Oracle.attention(
        batch.rows.values.map(Double.init), shape: batch.shape, scoring: batch.scoring, spans: batch.spans)
      assertClose(batch.attended(on: context).values, expected, within: .ofLargest(2e-6), "heads of \(headSize)")
    }
  }

  @Test(arguments: [0, 1, 16, 19]) func gradientIsTheFiniteDifference(prefix: Int) throws {
    let batch = try AttentionBatch(prefix: prefix, branches: [5, 18])
    var random = CounterRandom(test: 100 + prefix)
    let slopes = random.matrix(batch.rows.rows, batch.shape.queryWidth)
    let gradient = batch.gradient(of: slopes, on: context)
    let x = batch.rows.values.map(Double.init)
    // Some numbers of each part of a row: queries, keys and values of prefix and sequences.
    let indices = (0..<240).map { _ in random.integer(below: x.count) }
    let expected = indices.map { index in
      Oracle.derivative(at: x, to: index, slopes: slopes.values) {
        Oracle.attention($0, shape: batch.shape, scoring: batch.scoring, spans: batch.spans)
      }
    }
    assertClose(indices.map { gradient.values[$0] }, expected, within: .ofLargest(5e-6))
  }

  @Test(arguments: AttentionBatch.Scoring.allCases)
  func gradientOfASmallBatchIsTheFiniteDifferenceEverywhere(scoring: AttentionBatch.Scoring) throws {
    try checkGradient(
      AttentionBatch(prefix: 5, lengths: [14, 2], branches: [3, 2], queryHeads: 2, keyValueHeads: 1, scoring: scoring))
  }

  @Test func headsOfAnySizeHaveGradients() throws {
    try checkGradient(
      AttentionBatch(prefix: 5, lengths: [6, 2], branches: [3], queryHeads: 2, keyValueHeads: 2, headSize: 10))
  }

  private func checkGradient(_ batch: AttentionBatch) throws {
    var random = CounterRandom(test: 1)
    let slopes = random.matrix(batch.rows.rows, batch.shape.queryWidth)
    let x = batch.rows.values.map(Double.init)
    let expected = x.indices.map { index in
      Oracle.derivative(at: x, to: index, slopes: slopes.values) {
        Oracle.attention($0, shape: batch.shape, scoring: batch.scoring, spans: batch.spans)
      }
    }
    assertClose(batch.gradient(of: slopes, on: context).values, expected, within: .ofLargest(5e-6))
  }

  @Test func largeScoresDoNotOverflow() throws {
    let batch = try AttentionBatch()
    var rows = batch.rows
    for row in 0..<rows.rows { rows[row: row] = rows[row: row].map { $0 * 50 }[...] }
    var output = Matrix(rows: rows.rows, columns: batch.shape.queryWidth)
    context.attend(rows, shape: batch.shape, scoring: batch.scoring, spans: batch.spans, into: &output)
    #expect(output.values.allSatisfy { $0.isFinite })
    // A row that sees only itself gives its own values.
    let alone = try AttentionBatch(prefix: 0, lengths: [1])
    let values = alone.rows.values[(alone.shape.rowWidth - alone.shape.keyValueWidth)...]
    let attended = alone.attended(on: context)
    for head in 0..<6 {
      let start = values.startIndex + head / 3 * 16
      assertSameBits(attended.values[head * 16..<head * 16 + 16], values[start..<start + 16])
    }
  }

  @Test func sequencesDoNotSeeOneAnother() throws {
    let batch = try AttentionBatch()
    let before = batch.attended(on: context)
    var rows = batch.rows
    let changed = batch.spans[3]
    for row in changed.firstRow..<changed.firstRow + changed.rows {
      rows[row: row] = rows[row: row].map { $0 + 1 }[...]
    }
    var output = Matrix(rows: rows.rows, columns: batch.shape.queryWidth)
    context.attend(rows, shape: batch.shape, scoring: batch.scoring, spans: batch.spans, into: &output)
    for (index, span) in batch.spans.enumerated() {
      let range = span.firstRow..<span.firstRow + span.rows
      #expect((output.rows(in: range) == before.rows(in: range)) == (index != 3))
    }
  }

  /// The memory that the kernels work in comes from the system and holds anything.
  @Test(arguments: [Float.nan, .infinity, 3e38]) func nothingIsReadThatWasNotWritten(filling: Float) throws {
    let rows = 9, size = 16, prefix = 3
    var random = CounterRandom(test: 2)
    let queries = random.floats(rows * size), keys = random.floats(rows * size), values = random.floats(rows * size)
    let prefixKeys = random.floats(prefix * size), prefixValues = random.floats(prefix * size)
    let slopes = random.floats(rows * size)
    func panels(_ keys: [Float], _ count: Int) -> [Float] {
      var panels = [Float](repeating: 0, count: (count + 15) / 16 * 16 * size)
      KernelSet.best.functions.pack_keys(keys, size, 0, count, size, &panels)
      return panels
    }
    let ownPanels = panels(keys, rows), prefixPanels = panels(prefixKeys, prefix)

    func results(_ filling: Float, kernels: KernelSet) -> [[Float]] {
      var output = [Float](repeating: filling, count: rows * size)
      var dQueries = output, dKeys = output, dValues = output
      var dPrefixKeys = [Float](repeating: filling, count: prefix * size)
      var dPrefixValues = dPrefixKeys
      queries.withUnsafeBufferPointer { queries in
        output.withUnsafeMutableBufferPointer { output in
          var attention = antipode_attention()
          attention.head_size = size
          attention.group = 1
          attention.query_rows = rows
          attention.queries = queries.baseAddress
          attention.query_stride = size
          attention.outputs = output.baseAddress
          attention.output_stride = size
          attention.scale = 0.25
          attention.prefix_count = prefix
          attention.prefix_value_stride = size
          attention.own_value_stride = size
          withBases([prefixPanels, prefixValues, ownPanels, values, slopes, prefixKeys, keys]) { bases in
            attention.prefix_keys = bases[0]
            attention.prefix_values = bases[1]
            attention.own_keys = bases[2]
            attention.own_values = bases[3]
            var scratch = [Float](repeating: filling, count: kernels.functions.attention_scratch(&attention))
            kernels.functions.attention(&attention, &scratch)
            var gradient = antipode_attention_gradient()
            gradient.forward = attention
            gradient.output_gradients = bases[4]
            gradient.prefix_key_rows = bases[5]
            gradient.own_key_rows = bases[6]
            gradient.key_stride = size
            gradient.own_gradient_stride = size
            dQueries.withUnsafeMutableBufferPointer { dQueries in
              dKeys.withUnsafeMutableBufferPointer { dKeys in
                dValues.withUnsafeMutableBufferPointer { dValues in
                  dPrefixKeys.withUnsafeMutableBufferPointer { dPrefixKeys in
                    dPrefixValues.withUnsafeMutableBufferPointer { dPrefixValues in
                      gradient.query_gradients = dQueries.baseAddress
                      gradient.own_key_gradients = dKeys.baseAddress
                      gradient.own_value_gradients = dValues.baseAddress
                      gradient.prefix_key_gradients = dPrefixKeys.baseAddress
                      gradient.prefix_value_gradients = dPrefixValues.baseAddress
                      let count = kernels.functions.attention_gradient_scratch(&gradient)
                      var scratch = [Float](repeating: filling, count: count)
                      kernels.functions.attention_gradient(&gradient, &scratch)
                    }
                  }
                }
              }
            }
          }
        }
      }
      return [output, dQueries, dKeys, dValues, dPrefixKeys, dPrefixValues]
    }

    for kernels in KernelSet.available {
      for (index, (found, expected)) in zip(results(filling, kernels: kernels), results(0, kernels: kernels))
        .enumerated()
      {
        assertSameBits(found, expected, "\(kernels.name), result \(index)")
      }
    }
  }

  private func withBases(_ arrays: [[Float]], _ body: ([UnsafePointer<Float>?]) -> Void) {
    func open(_ bases: [UnsafePointer<Float>?]) {
      guard bases.count < arrays.count else { return body(bases) }
      arrays[bases.count].withUnsafeBufferPointer { open(bases + [$0.baseAddress]) }
    }
    open([])
  }

  /// The slopes of the paper's table for 8 heads, and of its code for 12.
  @Test func slopesAreThoseOfThePaper() {
    #expect(AttentionScoring.alibiSlopes(heads: 8) == (1...8).map { Float(sign: .plus, exponent: -$0, significand: 1) })
    let twelve = AttentionScoring.alibiSlopes(heads: 12)
    #expect(Array(twelve[..<8]) == AttentionScoring.alibiSlopes(heads: 8))
    assertClose(Array(twelve[8...]), [-0.5, -1.5, -2.5, -3.5].map { pow(2, $0) }, within: .relative(1e-6))
  }

  @Test func headsMustFit() {
    #expect(AttentionShape(queryHeads: 9, keyValueHeads: 3, headSize: 64) != nil)
    for (queryHeads, keyValueHeads, headSize) in [
      (9, 2, 64), (0, 1, 64), (1, 0, 64), (4, 2, 0), (-4, -2, 16),
    ] {
      #expect(AttentionShape(queryHeads: queryHeads, keyValueHeads: keyValueHeads, headSize: headSize) == nil)
    }
  }
}
