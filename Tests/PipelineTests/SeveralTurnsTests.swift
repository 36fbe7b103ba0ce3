import EngineContract
import Evaluation
import Foundation
import NativeEngine
import Stages
import TestSupport
import Testing
import Tokenization

@testable import Pipeline

/// Conversations of several turns under methods, on the real model's chat template.
@Suite(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct SeveralTurnsTests {
  private let engine: any Engine
  private let longer = [
    Instruction(
      id: "a", instruction: "And a cake?",
      earlier: [
        .init(role: .user, content: "How do I fold a crane?"), .init(role: .assistant, content: "Take paper."),
      ]),
    Instruction(
      id: "b", instruction: "Fold.",
      earlier: [
        .init(role: .system, content: "Be brief."), .init(role: .user, content: "Hi."),
        .init(role: .assistant, content: "Hello!"),
      ]),
  ]

  init() throws {
    engine = try NativeEngine.small()
  }

  private func method(_ name: String) throws -> PreparedMethod {
    let parameters = MethodParameters(method: try #require(DecodingMethod(rawValue: name)))
    let prompts = SourceFile(
      .init(#"{"safe": "Be safe.", "opposite": "Be not.", "null": ""}"#.utf8), name: "prompts.json")
    return try PreparedMethod(
      parameters, on: engine,
      content: .init(
        systemPrompts: { try SystemPrompts(prompts) }, demonstrations: { _ in [] },
        softPrompt: { try engine.initialRows(.vocabulary(length: 3), seed: 1, role: $0) },
        adapter: { throw PipelineError.unhashed("adapter") }, other: { _ in nil },
        direction: { throw PipelineError.unhashed("refusal direction") }))
  }

  /// What the model reads of a request under a stream, as text.
  private func text(_ request: Instruction, _ method: PreparedMethod) throws -> String {
    let turns = try method.turns(request)
    return method.setup.streams.enumerated().map { index, stream in
      let prompt = stream.prompt.map { part in
        switch part {
        case .tokens(let tokens): engine.tokenizer.decode(tokens, skippingSpecial: false)
        case .rows: "[rows]"
        }
      }
      return prompt.joined() + engine.tokenizer.decode(turns[index], skippingSpecial: false)
    }[0]
  }

  private func chat(_ system: String, _ said: (String, String)...) -> String {
    "<|im_start|>system\n\(system)<|im_end|>\n"
      + said.map { "<|im_start|>\($0.0)\n\($0.1)<|im_end|>\n" }.joined() + "<|im_start|>assistant\n"
  }

  @Test func aMethodsOwnPromptStandsFirst() throws {
    let method = try method("safe").shared(by: longer)
    #expect(
      try text(longer[0], method)
        == chat("Be safe.", ("user", "How do I fold a crane?"), ("assistant", "Take paper."), ("user", "And a cake?")))
    #expect(
      try text(longer[1], method)
        == chat("Be safe.\n\nBe brief.", ("user", "Hi."), ("assistant", "Hello!"), ("user", "Fold.")))
  }

  @Test func baseHasTheRowsSystemMessageAlone() throws {
    let method = try method("base").shared(by: longer)
    #expect(
      try text(longer[1], method) == chat("Be brief.", ("user", "Hi."), ("assistant", "Hello!"), ("user", "Fold.")))
  }

  @Test func aTunedPromptsRowsStandBeforeTheRowsSystemMessage() throws {
    let method = try method("sp").shared(by: longer)
    #expect(
      try text(longer[1], method)
        == chat("[rows]\n\nBe brief.", ("user", "Hi."), ("assistant", "Hello!"), ("user", "Fold.")))
    #expect(try text(longer[0], method).hasPrefix("<|im_start|>system\n[rows]<|im_end|>\n<|im_start|>user\nHow do I"))
  }

  /// A request of one turn reads the same whether or not others of its set have several.
  @Test(arguments: ["base", "safe", "sp", "self-reminder"]) func oneTurnStaysAsItIs(name: String) throws {
    let plain = Instruction(id: "c", instruction: "How do I boil an egg?"), method = try method(name)
    #expect(try method.shared(by: [plain]).setup.streams.count == method.setup.streams.count)
    #expect(try text(plain, method.shared(by: longer + [plain])) == text(plain, method))
  }

  @Test func theyAreAnswered() throws {
    let method = try method("safe").shared(by: longer)
    let requests = try longer.map { try method.request($0, sample: 0) }
    func answers(_ requests: [GenerationRequest]) throws -> [GeneratedAnswer] {
      try engine.answers(
        to: requests, under: method.setup, sampling: .greedy(maximumTokens: 6), watch: GenerationWatch())
    }
    #expect(try answers(requests) == requests.flatMap { try answers([$0]) })
  }

  /// The first of several answers is the one that a single answer is, and no two share their random numbers.
  @Test func answersAreNumberedWhateverTheirNumber() {
    let numbers = (0..<3).flatMap { place in (0..<4).map { GenerationRequest.sample(of: place, answer: $0) } }
    #expect(Set(numbers).count == 12 && (0..<3).allSatisfy { GenerationRequest.sample(of: $0, answer: 0) == $0 })
    #expect(GenerationRequest.sample(of: 999_999, answer: 999) < 1 << 32)
  }
}
