import Compute
import Randomness
import TestSupport
import Testing

struct KeyValueCacheTests {
  private let context = ComputeContext(threads: 2)

  /// A cache of one slot that holds the batch's prefix in both of its layers.
  private func prefix(of batch: AttentionBatch) -> KeyValueCache? {
    guard let rows = batch.spans.first?.rows, batch.spans[0].prefix == nil, batch.spans.count > 1,
      batch.spans[1].prefix == 0
    else { return nil }
    let cache = KeyValueCache(shape: batch.shape, layers: 2, slots: 1, capacity: rows)
    for layer in 0..<2 {
      var output = Matrix(rows: rows, columns: batch.shape.queryWidth)
      context.attend(
        batch.rows.rows(in: 0..<rows), scoring: batch.scoring,
        spans: [CachedSpan(firstRow: 0, rows: rows, slot: 0, prefix: nil)],
        layer: layer, cache: cache, into: &output)
    }
    cache.advance(slot: 0, by: rows)
    return cache
  }

  /// However a sequence's rows are split over calls, cached attention gives the packed pass's bits.
  @Test(arguments: [0, 5, 16, 19], [[64], [1], [7, 1], [3, 8, 1, 1]])
  func cachedAttentionHasTheBitsOfThePackedPass(prefix length: Int, pieces: [Int]) throws {
    for scoring in AttentionBatch.Scoring.allCases { try compare(prefix: length, pieces: pieces, scoring) }
  }

  private func compare(prefix length: Int, pieces: [Int], _ scoring: AttentionBatch.Scoring) throws {
    let batch = try AttentionBatch(prefix: length, scoring: scoring)
    let packed = batch.attended(on: context)
    let sequences = batch.spans.filter { length == 0 || $0.prefix != nil }
    let prefix = prefix(of: batch)
    #expect((prefix != nil) == (length > 0))
    let cache = KeyValueCache(shape: batch.shape, layers: 2, slots: sequences.count, capacity: 21)
    #expect(cache.capacities == [Int](repeating: 32, count: cache.slots))
    // Slots in another order than the sequences, and remains of an earlier use in them.
    let slots = [2, 0, 3, 1]
    fill(cache, with: batch)
    var turn = 0
    while sequences.indices.contains(where: { cache.counts[slots[$0]] < sequences[$0].rows }) {
      var spans: [CachedSpan] = []
      var rows: [Int] = []
      for (index, sequence) in sequences.enumerated() {
        let done = cache.counts[slots[index]]
        let count = min(pieces[turn % pieces.count], sequence.rows - done)
        guard count > 0 else { continue }
        spans.append(CachedSpan(firstRow: rows.count, rows: count, slot: slots[index], prefix: prefix))
        #expect(spans.last?.startPosition(in: cache) == length + done)
        rows += sequence.firstRow + done..<sequence.firstRow + done + count
      }
      for layer in 0..<2 {
        var output = Matrix(rows: rows.count, columns: batch.shape.queryWidth)
        context.attend(
          batch.rows.gathering(rows: rows), scoring: batch.scoring, spans: spans, layer: layer, cache: cache,
          into: &output)
        assertSameBits(output.values, packed.gathering(rows: rows).values, "turn \(turn), layer \(layer)")
      }
      for span in spans { cache.advance(slot: span.slot, by: span.rows) }
      turn += 1
    }
  }

  private func fill(_ cache: KeyValueCache, with batch: AttentionBatch) {
    var random = CounterRandom(test: 77)
    let rows = random.matrix(32, batch.shape.rowWidth, scale: 100)
    for slot in 0..<cache.slots {
      for layer in 0..<cache.layers {
        var output = Matrix(rows: 32, columns: batch.shape.queryWidth)
        context.attend(
          rows, scoring: batch.scoring, spans: [CachedSpan(firstRow: 0, rows: 32, slot: slot, prefix: nil)],
          layer: layer, cache: cache,
          into: &output)
      }
      cache.advance(slot: slot, by: 32)
      cache.truncate(slot: slot, to: 0)
    }
  }

  /// A prefix of its own and the same rows at the sequence's start are the same mathematics in another order.
  @Test func aPrefixCountsAsTheSequencesStart() throws {
    let batch = try AttentionBatch(prefix: 19, lengths: [21])
    let whole = [PackedSpan(firstRow: 0, rows: 40, prefix: nil)]
    var output = Matrix(rows: 40, columns: batch.shape.queryWidth)
    context.attend(batch.rows, shape: batch.shape, scoring: batch.scoring, spans: whole, into: &output)
    assertClose(batch.attended(on: context).values, output.values, within: .ofLargest(2e-6))
  }

  @Test func countsPositions() throws {
    let batch = try AttentionBatch()
    let cache = KeyValueCache(shape: batch.shape, layers: 1, slots: 3, capacity: 0)
    #expect(cache.capacities == [16, 16, 16] && cache.counts == [0, 0, 0])
    cache.advance(slot: 1, by: 16)
    cache.truncate(slot: 1, to: 20)
    #expect(cache.counts == [0, 16, 0])
    cache.truncate(slot: 1, to: 4)
    #expect(cache.counts == [0, 4, 0])
  }
}
