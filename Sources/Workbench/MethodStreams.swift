import Compute
import Decoding
import Experiments
import Fingerprints
import Foundation
import LanguageModel
import ModelFiles
import Records
import Tokenization

/// A decoding method made ready: the streams with their prompts and models, the rule that combines them, and how an
/// instruction is put to each.
struct MethodStreams {
  let streams: [GenerationStream]
  let rule: any CombinationRule
  private let prompts: [StreamPrompt]
  private let settings: DecodingSettings
  private let conversation: ConversationEncoder

  /// The streams of a cell's method.
  /// - Parameters:
  ///   - model: The target.
  ///   - precision: How exact the products of the method's other models are.
  ///   - systemPrompts: The path of the manual system prompts.
  ///   - softPrompt: The tuned rows `[P, d]` of a role, for the methods that use them.
  ///   - adapter: The trained adapter, for the methods that use it.
  init(
    _ settings: DecodingSettings, model: LoadedModel, precision: ProductPrecision, systemPrompts: String,
    workspace: Workspace, softPrompt: (PromptRole) throws -> Matrix, adapter: () throws -> LowRankAdapter
  ) throws {
    self.settings = settings
    conversation = model.conversation
    let method = settings.method
    // Without a contrast the other streams would be computed for nothing.
    let isAlone = settings.alpha == 0 && settings.plausibility == 0 && method.rule.isFirstAloneAtZero
    let used = isAlone ? Array(method.streams.prefix(1)) : method.streams
    rule = isAlone ? LinearRule.single : Self.rule(of: settings)
    prompts = used.map(\.prompt)
    var streams: [GenerationStream] = []
    for stream in used {
      let other = try settings.name(of: stream.model).map { name in
        let other = try workspace.model(name, precision: precision)
        guard other.tokenizer.hasSameTokens(as: model.tokenizer) else {
          throw WorkbenchError.foreignTokenizer(model: name)
        }
        return other
      }
      let tokens = model.conversation
      let runner = stream.model == .adapted ? try model.model.adapting(adapter()) : other?.model ?? model.model
      let rows: Matrix =
        switch stream.prompt {
        case .tuned(let role): try model.prefix(softPrompt: softPrompt(role))
        case .demonstrations:
          try runner.embed(
            tokens.beforeSystem + tokens.afterSystem
              + workspace.demonstrations(settings).flatMap {
                tokens.exchange(instruction: $0.instruction, answer: $0.answer)
              })
        case .null, .manual, .fixed, .reminder:
          try runner.embed(
            tokens.beforeSystem
              + tokens.systemContent(try Self.systemText(stream.prompt, at: systemPrompts, in: workspace))
              + tokens.afterSystem)
        }
      let number =
        switch stream.model {
        case .target: 0
        case .second: 1
        case .third: 2
        case .adapted: 3
        }
      streams.append(GenerationStream(model: runner, modelNumber: number, prompt: rows))
    }
    self.streams = streams
  }

  /// An instruction as a request.
  func request(_ instruction: String, sample: Int) -> GenerationRequest {
    let turns = prompts.map { conversation.turn(instruction: text($0, around: instruction)) }
    return GenerationRequest(turns: Set(turns).count == 1 ? [turns[0]] : turns, sample: sample)
  }

  private func text(_ prompt: StreamPrompt, around instruction: String) -> String {
    guard case .reminder(let before, let after) = prompt else { return instruction }
    let parts = [before ? settings.reminderBefore : nil, instruction, after ? settings.reminderAfter : nil]
    return parts.compactMap(\.self).joined(separator: "\n")
  }

  private static func systemText(
    _ prompt: StreamPrompt, at path: String, in workspace: Workspace
  ) throws -> String {
    switch prompt {
    case .manual(.safe): try workspace.systemPrompts(path).safe
    case .manual(.opposite): try workspace.systemPrompts(path).opposite
    case .manual(.reverse): try workspace.systemPrompts(path).reverse(in: path)
    case .fixed(let text): text
    case .null, .tuned, .demonstrations, .reminder: ""
    }
  }

  private static func rule(of settings: DecodingSettings) -> any CombinationRule {
    let alpha = Float(settings.alpha), mask = settings.plausibility
    return switch settings.method.rule {
    case .single: LinearRule.single
    case .contrast: LinearRule([-alpha / Float(settings.amateurTemperature)], plausibility: mask)
    case .extrapolation: LinearRule(own: 1 + alpha, [-alpha], plausibility: mask)
    case .steering: LinearRule([alpha, -alpha], plausibility: mask)
    case .sharedCandidates:
      SharedCandidatesRule(alpha: settings.alpha, candidates: settings.candidates, steps: settings.contrastSteps)
    case .agreement:
      AgreementRule(
        alpha: settings.alpha, agreement: settings.agreement, plausibility: mask, steps: settings.contrastSteps)
    case .divergence: DivergenceRule(alpha: settings.alpha, plausibility: mask)
    }
  }
}

extension MethodRule {
  /// Whether α = 0 leaves the first stream as it is.
  fileprivate var isFirstAloneAtZero: Bool {
    switch self {
    case .single, .contrast, .extrapolation, .steering, .divergence: true
    case .sharedCandidates, .agreement: false
    }
  }
}

extension Workspace {
  /// A stored adapter.
  func adapter(_ fingerprint: Fingerprint?) throws -> LowRankAdapter {
    guard let fingerprint, let artifact = try store.artifact(fingerprint) else {
      throw WorkbenchError.noPrompts(detail: "The trained adapter \(fingerprint?.short ?? "") is not in the store.")
    }
    return try LowRankAdapter(LoraAdapterFile(folder: artifact.folder.path))
  }

  /// The rows `[P, d]` of a stored soft prompt.
  func softPrompt(_ fingerprint: Fingerprint?) throws -> Matrix {
    guard let fingerprint, let artifact = try store.artifact(fingerprint) else {
      throw WorkbenchError.noPrompts(detail: "The tuned prompt \(fingerprint?.short ?? "") is not in the store.")
    }
    let adapter = try PromptAdapter(folder: artifact.folder.path)
    guard
      let rows = Matrix(
        rows: adapter.virtualTokenCount, columns: adapter.tokenDimension, values: adapter.embeddings)
    else { throw WorkbenchError.noPrompts(detail: "The tuned prompt \(fingerprint.short) is damaged.") }
    return rows
  }
}
