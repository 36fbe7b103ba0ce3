import Compute
import EngineContract
import Foundation
import LanguageModel
import NativeEngine
import Stages
import TestSupport
import Testing
import Tokenization

/// The engine behind its contract, on the small real model.
@Suite(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct NativeEngineTests {
  private let engine: NativeEngine

  init() throws { engine = try FoundModel("smollm2").load(on: ComputeContext(threads: 2)) }

  private func answer(under method: MethodSetup, on engine: (any Engine)? = nil) throws -> [Int] {
    let engine = engine ?? self.engine
    return try engine.answers(
      to: [GenerationRequest(turn: engine.conversation.frame(.text("")).turn("Say one."), sample: 0)], under: method,
      sampling: .greedy(maximumTokens: 6), watch: GenerationWatch())[0].tokens
  }

  private var tokens: [Int] { get throws { try engine.conversation.frame(.text("")).beforePrompt } }
  private var plain: [PromptPart] { get throws { [.tokens(try tokens)] } }

  @Test func aPromptOfAnotherWidthIsRefused() {
    let width = engine.dimensions.width
    #expect(throws: EngineError.foreignPrompt(found: width + 1, expected: width)) {
      try answer(under: MethodSetup([.rows(Matrix(rows: 2, columns: width + 1))]))
    }
  }

  /// A prompt in parts is the prompt.
  @Test func tokensAndTheirRowsAreTheSame() throws {
    let tokens = try tokens
    let rows = try engine.initialRows(.tokens(tokens, length: nil), seed: 1, role: .safeguarding)
    #expect(try answer(under: MethodSetup([.rows(rows)])) == answer(under: MethodSetup(plain)))
    #expect(
      try answer(under: MethodSetup([.tokens(Array(tokens.prefix(2))), .tokens(Array(tokens.dropFirst(2)))]))
        == answer(under: MethodSetup(plain)))
  }

  /// What is said of an answer's steps is what the scorer says of its tokens.
  @Test func stepsAndScoresAgree() throws {
    let turn = try engine.conversation.frame(.text("")).turn("Say one."), method = try MethodSetup(plain)
    let tokens = try answer(under: method)
    let steps = try engine.steps(of: [AnswerTokens(tokens, behind: [turn])], under: method)[0]
    let scores = try engine.scores(
      of: [ContinuationRequest(turns: [turn], continuation: tokens)], under: method, reference: nil,
      onProgress: { _ in })[0]
    #expect(steps.map(\.token) == tokens && steps.allSatisfy { !$0.isChanged })
    for (step, score) in zip(steps, scores.logProbabilities) {
      assertClose([log(step.probability)], [score], within: .absolute(1e-5))
    }
    let same = try engine.scores(
      of: [ContinuationRequest(turns: [turn], continuation: tokens)], under: method,
      reference: EngineStream(prompt: plain), onProgress: { _ in })[0]
    assertClose(same.divergences, same.divergences.map { _ in 0 }, within: .absolute(1e-9))
  }

  /// A second model is told apart by what it is, and not by a number that somebody forgot.
  @Test func streamsRunOnTheirOwnModels() throws {
    let rounded = engine.with(.int8), prompt = try plain
    let method = MethodSetup(
      streams: [EngineStream(prompt: prompt), EngineStream(on: .other(rounded), prompt: prompt)],
      parameters: {
        var parameters = MethodParameters(method: DecodingMethod(rawValue: "contrastive") ?? .acd)
        parameters.alpha = 0.5
        return parameters
      }())
    let turn = try engine.conversation.frame(.text("")).turn("Say one.")
    let tokens = try answer(under: MethodSetup(prompt))
    let both = try engine.steps(of: [AnswerTokens(tokens, behind: [turn])], under: method)[0]
    let alone = try rounded.steps(of: [AnswerTokens(tokens, behind: [turn])], under: MethodSetup(prompt))[0]
    #expect(both.map { $0.streamProbabilities[1] } == alone.map { $0.streamProbabilities[0] })
    #expect(both.contains { $0.streamProbabilities[0] != $0.streamProbabilities[1] })
  }

  /// A gate that lets some requests through: each is answered as under the method that is its own.
  @Test func aGatePartsTheRequests() throws {
    let frame = try engine.conversation.frame(.text("")), block = 10
    let requests = try ["Say one.", "Name a fruit.", "Say two."].enumerated().map {
      GenerationRequest(turn: try frame.turn($1), sample: $0)
    }
    let states = try engine.hiddenStates(
      of: requests.map { [.tokens(frame.beforePrompt)] + [.tokens($0.turns[0])] }, behind: [block])
    let direction = zip(states[1][0], states[0][0]).map { 4 * ($0 - $1) }
    let products = states.map { StateGate(block: block, direction: direction, threshold: 0).product(with: $0[0]) }
    let gate = StateGate(block: block, direction: direction, threshold: (products[0] + products[1]) / 2)
    #expect(gate.isOpen(for: states[1][0]) && !gate.isOpen(for: states[0][0]))
    let edits = [StateEdit(.add(scale: 1, behind: block), of: direction)]
    func answers(_ stream: EngineStream, _ requests: [GenerationRequest]) throws -> [GeneratedAnswer] {
      try engine.answers(
        to: requests, under: MethodSetup(streams: [stream], parameters: nil), sampling: .greedy(maximumTokens: 5),
        watch: GenerationWatch())
    }
    let plain = try answers(EngineStream(prompt: [.tokens(frame.beforePrompt)]), requests)
    let steered = try answers(EngineStream(prompt: [.tokens(frame.beforePrompt)], edits: edits), requests)
    let gated = try answers(EngineStream(prompt: [.tokens(frame.beforePrompt)], edits: edits, gate: gate), requests)
    #expect(plain != steered)
    for index in requests.indices {
      #expect(gated[index] == (gate.isOpen(for: states[index][0]) ? steered : plain)[index], "request \(index)")
    }
  }

  @Test func hiddenStatesAreOfTheLastPosition() throws {
    let layers = engine.dimensions.layers
    let inputs: [[PromptPart]] = [try plain, [.tokens([1, 2, 3])], [.tokens([7, 3])]]
    let states = try engine.hiddenStates(of: inputs, behind: [0, 1, layers])
    #expect(states.map(\.count) == [3, 3, 3])
    #expect(states.joined().allSatisfy { $0.count == engine.dimensions.width && $0.contains { $0 != 0 } })
    // Before the first block a state is its token's embedding, whatever stands before it.
    #expect(states[1][0] == states[2][0])
    #expect(states[1][1] != states[2][1])
  }

  /// A tokenizer may have more tokens than the model has rows; only an id that is needed and not there is refused.
  @Test func anIdBeyondTheRowsIsRefusedWhereItIsNeeded() throws {
    let tiny = try NativeEngine(
      modelName: "tiny", model: TinyModel.f32.load(), conversation: engine.conversation)
    let rows = tiny.dimensions.vocabularySize, method = MethodSetup([.tokens([1])])
    #expect(tiny.tokenizer.vocabularySize > rows)
    func answer(_ id: Int) throws -> [GeneratedAnswer] {
      try tiny.answers(
        to: [GenerationRequest(turn: [id], sample: 0)], under: method, sampling: .greedy(maximumTokens: 2),
        watch: GenerationWatch())
    }
    #expect(try answer(rows - 1).count == 1)
    #expect(throws: LanguageModelError.unknownToken(id: rows, vocabularySize: rows)) { try answer(rows) }
  }

  @Test func aTemplateChangesTheFrameAlone() throws {
    let other = try engine.with(#require(ChatTemplate(builtIn: "vicuna")), ConversationVariables())
    #expect(other.dimensions == engine.dimensions && other.modelName == engine.modelName)
    #expect(try other.conversation.frame(.absent).ids("a") != engine.conversation.frame(.absent).ids("a"))
  }
}
