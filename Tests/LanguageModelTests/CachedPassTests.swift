import Compute
import TestSupport
import Testing

@testable import LanguageModel

/// The cached pass, the packed pass and the prefix give the same numbers, on the tiny model.
struct CachedPassTests {
  private let tokens = (0..<70).map { $0 * 37 % 96 }

  @Test(arguments: TinyModel.allCases) func cachedStepsHaveTheBitsOfTheFullPass(kind: TinyModel) throws {
    let model = try kind.load()
    let whole = try model.cachedStates(tokens, pieces: [70])
    for pieces in [[1], [16, 1], [33, 1, 9, 2, 25]] {
      assertSameBits(try model.cachedStates(tokens, pieces: pieces).values, whole.values, "pieces of \(pieces)")
    }
    assertSameBits(try model.packedStates(prefix: [], sequences: [tokens]).values, whole.values, "packed")
  }

  @Test func aSequencesBitsDependOnNoOther() throws {
    let model = try TinyModel.q4_1.load()
    let sequences = [Array(tokens[..<7]), Array(tokens[7..<40]), [3], Array(tokens[40...])]
    let cache = model.makeCache(slots: 4, capacity: 40)
    var memory = PassMemory(model.configuration)
    let inputs = try sequences.enumerated().map { SequenceInput(embeddings: try model.embed($1), slot: 3 - $0) }
    let together = try model.forward(inputs, cache: cache, memory: &memory)
    #expect(together.rows == 4 && cache.counts == [30, 1, 33, 7])
    for (index, sequence) in sequences.enumerated() {
      let alone = try model.cachedStates(sequence, pieces: [sequence.count])
      assertSameBits(together[row: index], alone[row: sequence.count - 1], "sequence \(index)")
    }
  }

  @Test func aPrefixIsTheSequencesStart() throws {
    let model = try TinyModel.f32.load()
    let prefix = try model.prefix(model.embed(Array(tokens[..<21])))
    let rest = Array(tokens[21...])
    let cached = try model.cachedStates(rest, pieces: [5, 1, 30], prefix: prefix)
    let whole = try model.cachedStates(tokens, pieces: [70])
    assertClose(cached.values, whole.rows(in: 21..<70).values, within: .absolute(1e-5))
    let packed = try model.packedStates(prefix: Array(tokens[..<21]), sequences: [Array(rest[..<4]), rest])
    assertSameBits(packed.rows(in: 25..<74).values, cached.values, "packed with a prefix")
    assertSameBits(packed.rows(in: 21..<25).values, cached.rows(in: 0..<4).values, "packed beginning")
  }

  @Test func aSlotIsUsedAgain() throws {
    let model = try TinyModel.f32.load()
    let cache = model.makeCache(slots: 1, capacity: 70)
    var memory = PassMemory(model.configuration)
    _ = try model.forward([SequenceInput(embeddings: try model.embed(tokens), slot: 0)], cache: cache, memory: &memory)
    cache.truncate(slot: 0, to: 10)
    let rest = SequenceInput(embeddings: try model.embed(Array(tokens[10..<30])), slot: 0)
    let last = try model.forward([rest], cache: cache, memory: &memory)
    assertSameBits(last.values, try model.cachedStates(tokens, pieces: [70])[row: 29])
  }
}
