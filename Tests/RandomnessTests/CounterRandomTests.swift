@testable import Randomness
import Testing

struct CounterRandomTests {
  /// The known answers of Random123's `kat_vectors` for philox4x32 with 10 rounds.
  @Test func givesTheKnownAnswers() {
    #expect(
      CounterRandom.philox(counter: (0, 0, 0, 0), key: (0, 0)) == (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    let ones = UInt32.max
    #expect(
      CounterRandom.philox(counter: (ones, ones, ones, ones), key: (ones, ones))
        == (0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    #expect(
      CounterRandom.philox(
        counter: (0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: (0xA409_3822, 0x299F_31D0))
        == (0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test func drawsTheBlocksInOrder() {
    var random = CounterRandom(seed: 5 << 32 | 6, purpose: .testing, sample: 7, step: 8)
    for draw in 0..<3 as Range<UInt32> {
      let block = CounterRandom.philox(counter: (draw, 5, 7, 8), key: (6, 5))
      #expect(random.next() == UInt64(block.0) | UInt64(block.1) << 32)
      #expect(random.next() == UInt64(block.2) | UInt64(block.3) << 32)
    }
  }

  @Test func everyCoordinateChangesTheStream() {
    var streams = [
      CounterRandom(seed: 1, purpose: .testing), CounterRandom(seed: 2, purpose: .testing),
      CounterRandom(seed: 1 << 32 | 1, purpose: .testing), CounterRandom(seed: 1, purpose: .sampling),
      CounterRandom(seed: 1, purpose: .testing, sample: 1), CounterRandom(seed: 1, purpose: .testing, step: 1),
    ]
    let first = streams.indices.map { streams[$0].next() }
    #expect(Set(first).count == streams.count)
  }

  @Test func permutationHoldsEveryNumberOnceAndEveryOrderIsAsLikely() {
    var random = CounterRandom(seed: 1, purpose: .testing)
    for count in [0, 1, 2, 57, 1000] { #expect(random.permutation(of: count).sorted() == Array(0..<count)) }
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 { counts[random.permutation(of: 3), default: 0] += 1 }
    #expect(counts.count == 6)
    // 1000 expected each, standard deviation 29.
    #expect(counts.values.allSatisfy { 870...1130 ~= $0 }, "\(counts)")
  }

  @Test func uniformNumbersHaveTheirMoments() {
    var random = CounterRandom(seed: 2, purpose: .testing)
    let count = 100_000
    let numbers = (0..<count).map { _ in random.uniform() }
    #expect(numbers.allSatisfy { 0..<1 ~= $0 })
    let mean = numbers.reduce(0, +) / Double(count)
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    // Five standard errors.
    #expect(abs(mean - 0.5) < 0.0046)
    #expect(abs(variance - 1.0 / 12) < 0.0012)
  }

  @Test func normalNumbersHaveTheirMoments() {
    var random = CounterRandom(seed: 3, purpose: .testing)
    let count = 100_000
    let numbers = (0..<count).map { _ in random.normal() }
    func moment(_ power: Int) -> Double {
      numbers.reduce(0) { sum, number in sum + (0..<power).reduce(1) { product, _ in product * number } }
        / Double(count)
    }
    // Five standard errors: those of the first four moments are √(1, 2, 15, 96) / √count.
    #expect(abs(moment(1)) < 0.016)
    #expect(abs(moment(2) - 1) < 0.023)
    #expect(abs(moment(3)) < 0.062)
    #expect(abs(moment(4) - 3) < 0.155)
  }

  @Test func wholeNumbersFillTheirRange() {
    var random = CounterRandom(seed: 4, purpose: .testing)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { counts[random.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { 850...1150 ~= $0 }, "\(counts)")
    #expect(random.integer(below: 1) == 0)
  }
}
