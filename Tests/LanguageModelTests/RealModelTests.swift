import Compute
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import LanguageModel

/// The engine on SmolLM2 against transformers.
@Suite(.serialized, .enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct RealModelTests {
  private let model: LanguageModel
  private let fixture: LogitsFixture

  init() throws {
    model = try RealModel.shared()
    fixture = try Fixtures.languageModel.json("logits", as: LogitsFixture.self)
  }

  @Test func logitsOfTwentyPromptsAreTheReferences() throws {
    let tensors = try Fixtures.languageModel.tensors("logits")
    let strided = try #require(tensors["last.strided"]), top = try #require(tensors["last.top"])
    let logSumExp = try #require(tensors["last.logSumExp"])
    #expect(fixture.prompts.count == 20)
    // One batch, so that sequences of all lengths stand side by side.
    let cache = model.makeCache(slots: 20, capacity: fixture.prompts.map(\.ids.count).max() ?? 0)
    var memory = PassMemory(model.configuration)
    let inputs = try fixture.prompts.enumerated().map { SequenceInput(embeddings: try model.embed($1.ids), slot: $0) }
    let logits = model.logits(of: try model.forward(inputs, cache: cache, memory: &memory))
    for (index, prompt) in fixture.prompts.enumerated() {
      let found = Array(logits[row: index])
      assertClose(
        stride(from: 0, to: found.count, by: fixture.lastStride).map { found[$0] }, strided.row(index),
        within: .absolute(1e-3), "\(prompt.name): every \(fixture.lastStride)th")
      assertClose(prompt.topIDs.map { found[$0] }, top.row(index), within: .absolute(1e-3), "\(prompt.name): largest")
    }
    assertClose(model.context.logNormalizers(of: logits), logSumExp.values, within: .absolute(1e-3), "log sum exp")
    #expect(model.context.largest(of: logits) == fixture.prompts.map { $0.topIDs[0] })
  }

  @Test func logitsOfAllPositionsAreTheReferences() throws {
    let expected = try #require(Fixtures.languageModel.tensors("logits")["allPositions.strided"])
    let prompt = try #require(fixture.prompts.first { $0.name == fixture.allPositionsPrompt })
    let logits = model.logits(of: try model.packedStates(prefix: [], sequences: [prompt.ids]))
    for row in 0..<prompt.ids.count {
      let found = stride(from: 0, to: logits.columns, by: fixture.allPositionsStride).map { logits[row, $0] }
      assertClose(found, expected.row(row), within: .absolute(1e-3), "position \(row)")
    }
  }

  @Test func sixtyFourGreedyTokensAreTheReferences() throws {
    let sequences = try Fixtures.languageModel.json("greedy", as: GreedyFixture.self).sequences
    let generated = try model.greedyTokens(after: sequences.map(\.ids), count: 64)
    #expect(sequences.count == 6 && sequences.allSatisfy { $0.generatedIDs.count == 64 })
    #expect(generated == sequences.map(\.generatedIDs))
  }

  @Test func cachedStepsHaveTheBitsOfTheFullPass() throws {
    let prompt = try #require(fixture.prompts.first { $0.name == fixture.allPositionsPrompt }).ids
    let whole = try model.cachedStates(prompt, pieces: [prompt.count])
    assertSameBits(try model.cachedStates(prompt, pieces: [1]).values, whole.values, "one by one")
    assertSameBits(try model.cachedStates(prompt, pieces: [17, 2, 1]).values, whole.values, "in pieces")
    assertSameBits(try model.packedStates(prefix: [], sequences: [prompt]).values, whole.values, "packed")
  }

  @Test func aPrefixIsTheSequencesStart() throws {
    let prompt = try #require(fixture.prompts.first { $0.name == fixture.allPositionsPrompt }).ids
    let first = Array(prompt[..<19]), rest = Array(prompt[19...])
    let cached = try model.cachedStates(rest, pieces: [rest.count], prefix: try model.prefix(model.embed(first)))
    assertSameBits(
      try model.packedStates(prefix: first, sequences: [rest]).rows(in: 19..<prompt.count).values, cached.values)
    let whole = try model.packedStates(prefix: [], sequences: [prompt])
    assertClose(
      model.logits(of: cached).values, model.logits(of: whole.rows(in: 19..<prompt.count)).values,
      within: .absolute(1e-3))
  }
}
