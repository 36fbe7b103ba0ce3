import Compute
import EngineContract
import Foundation
import JSON
import NativeEngine
import OppositePrompts
import Stages
import TestSupport
import Testing

@testable import TransformersEngine

/// The worker is killed at moments of all kinds: each is one message, and the next request goes on with another.
/// (`PythonWorkerTests` has the moments within an answer, `OwnTokenizerTests` the process of tokenizers.)
@Suite(.serialized, .enabled(if: SecondEngine.isAvailable, "\(SecondEngine.reason)"))
@EngineActor struct KilledWorkerTests {
  /// What the worker is at.
  enum Moment: String, CaseIterable {
    case starting, loading, embedding, tuningStep, betweenSteps, firstToken, trace, scores, hiddenStates
    case hiddenStateGradient, adapterTraining
  }

  private let prompt: [PromptPart] = [.tokens([7, 8])]
  private let pair = TrainingPair(turn: [5, 9], response: [7, 21], category: .harmless)

  /// Numbers that the engine finds at a moment.
  private func work(_ moment: Moment, on engine: TransformersEngine, between: () -> Void) throws -> [Double] {
    func rows() throws -> Matrix {
      try engine.initialRows(.tokens([3, 4, 5], length: nil), seed: 1, role: .safeguarding)
    }
    func floats(_ matrix: Matrix?) -> [Double] { (matrix?.values ?? []).map(Double.init) }
    switch moment {
    case .starting, .loading: return [Double(try engine.dimensions.layers + (engine.model.string ?? "").count)]
    case .embedding: return floats(try rows())
    case .tuningStep, .betweenSteps:
      var objective = engine.objective(for: .safeguarding, weights: .init(), before: [5], after: [6]), found = [0.0]
      var prompt = try rows()
      for step in 0..<2 {
        if step == 1 { between() }
        let value = try objective.value(of: prompt, on: [pair], wantsGradient: true)
        prompt.add(floats(value.gradient).prefix(prompt.columns).map { Float(-$0) }[...], toRow: 0)
        found += [value.total] + floats(value.gradient)
      }
      return found
    case .firstToken:
      return try engine.answers(
        to: [GenerationRequest(turn: [5, 9], sample: 0)], under: MethodSetup(prompt),
        sampling: .greedy(maximumTokens: 4), watch: GenerationWatch()
      ).flatMap { $0.tokens.map(Double.init) }
    case .trace:
      return try engine.steps(of: [AnswerTokens([7, 21], behind: [[5, 9]])], under: MethodSetup(prompt))
        .joined().map(\.probability)
    case .scores:
      return try engine.scores(
        of: [ContinuationRequest(turns: [[5, 9]], continuation: [7, 21])], under: MethodSetup(prompt), reference: nil,
        onProgress: { _ in }
      ).flatMap(\.logProbabilities)
    case .hiddenStates:
      return try engine.hiddenStates(of: [prompt], behind: [0, 1]).joined().joined().map(Double.init)
    case .hiddenStateGradient:
      let start = try rows()
      let states = try engine.promptStates(behind: start, before: [5], after: [6], of: [[9, 10]], wantsGradient: true)
      between()
      return floats(try engine.promptGradient(of: states))
    case .adapterTraining:
      let parameters = AdapterStage.Parameters(
        rank: 2, alpha: 4, targets: ["q_proj"], steps: 2, examplesPerStep: 1, learningRate: 0.01, schedule: .constant,
        warmupSteps: 0, generalShare: 0.5)
      var losses: [Double] = []
      _ = try engine.trainAdapter(
        parameters, on: [AdapterExample(prompt: [5, 9], response: [7])], seed: 3, from: nil
      ) { step, _ in losses.append(step.loss) }
      return losses
    }
  }

  @Test func everyMomentIsOneMessageAndNothingIsLost() throws {
    let conversation = try FoundModel("smollm2").conversation(), path = SecondEngine.family("llama")
    let worker = try SecondEngine.makeWorker()
    let engine = try SecondEngine.second(path, on: worker, conversation)
    var killed: [pid_t] = []
    func end() {
      guard let process = worker.processIdentifier else { return }
      killed.append(process)
      kill(process, SIGKILL)
    }
    for moment in Moment.allCases {
      let expected = try work(moment, on: engine, between: {})
      #expect(!expected.isEmpty)
      // Between two requests, or while one is waited for.
      let isBetween = [.betweenSteps, .hiddenStateGradient].contains(moment)
      if [.starting, .loading].contains(moment) { worker.end() }
      if moment == .loading { try worker.started() }
      var isArmed = !isBetween
      worker.check = {
        guard isArmed else { return }
        isArmed = false
        end()
      }
      do {
        let found = try work(moment, on: engine, between: { if isBetween { end() } })
        Issue.record("\(moment): \(found) is found by a worker that was killed")
      } catch let error as TransformersError {
        guard case .ended(let status, let log, _) = error else {
          Issue.record("\(moment): \(error)")
          continue
        }
        #expect(status == "signal 9" && FileManager.default.fileExists(atPath: log), "\(moment)")
        #expect(error.description.contains("goes on from there"))
      }
      worker.check = {}
      #expect(try work(moment, on: engine, between: {}) == expected, "after \(moment)")
    }
    #expect(killed.count == Moment.allCases.count)
    worker.end()
    for process in killed { #expect(kill(process, 0) != 0, "the process \(process) is left") }
  }
}
