public import Decoding
public import Experiments
import Foundation
import Compute
import LanguageModel
import Records
import Tokenization

/// Answers instructions from the command line under one method.
public struct DecodeSession {
  private let model: LoadedModel
  private let generator: Generator

  /// What the answers are made with.
  public struct Options: Sendable {
    /// A catalog's name or a path.
    public var model: String
    /// The name of a chat template; nil for the model's own.
    public var chatTemplate: String?
    /// The method.
    public var method: DecodingMethod
    /// The strength of the contrast.
    public var alpha: Double
    /// Hashes, or their beginnings, of an experiment or of stored prompts; empty for the newest experiment's.
    public var prompts: [String]
    /// The longest answer.
    public var maximumTokens: Int
    /// How tokens are chosen.
    public var sampler: Sampler
    /// The seed of random choices.
    public var seed: UInt64

    /// All options.
    public init(
      model: String, chatTemplate: String? = nil, method: DecodingMethod, alpha: Double, prompts: [String],
      maximumTokens: Int, sampler: Sampler, seed: UInt64
    ) {
      self.model = model
      self.chatTemplate = chatTemplate
      self.method = method
      self.alpha = alpha
      self.prompts = prompts
      self.maximumTokens = maximumTokens
      self.sampler = sampler
      self.seed = seed
    }
  }

  /// Loads the model and computes the prompts.
  /// - Throws: An error of any wing, with its message.
  public init(_ options: Options, workspace: Workspace) throws {
    let prompts = try workspace.tunedPrompts(options.prompts, for: options.method)
    model = try workspace.model(options.model, template: options.chatTemplate)
    let streams = try MethodStreams(
      options.method, alpha: options.alpha, model: model,
      system: { try workspace.systemPrompts("Anchors/system-prompts.json") },
      softPrompt: { try workspace.softPrompt(prompts[$0]) })
    generator = try Generator(
      model: model.model, prompts: streams.prompts, rule: streams.rule, sampler: options.sampler, seed: options.seed,
      maximumTokens: options.maximumTokens, stopTokens: model.conversation.stopTokens)
  }

  /// Answers one instruction; the text comes in pieces as it is chosen.
  public func answer(_ instruction: String, onText: (String) throws -> Void) throws {
    var stream = model.textStream()
    _ = try generator.answers(
      to: [GenerationRequest(turn: model.conversation.turn(instruction: instruction), sample: 0)],
      onToken: { _, token in
        let text = stream.append(token)
        if !text.isEmpty { try onText(text) }
      },
      onProgress: { _ in try Interruption.check() })
    let rest = stream.finish()
    if !rest.isEmpty { try onText(rest) }
  }

  /// Answers many instructions as one batch.
  public func answers(to instructions: [String], progress: ProgressReporter) throws -> [String] {
    progress.begin("decode")
    let answers = try generator.answers(
      to: instructions.enumerated().map {
        GenerationRequest(turn: model.conversation.turn(instruction: $1), sample: $0)
      },
      onProgress: { step in
        try Interruption.check()
        progress.update(done: step.answers, of: step.total, unit: "answers", work: (step.tokens, "tokens"))
      })
    progress.finishLine()
    return answers.map { model.tokenizer.decode($0.tokens) }
  }
}

extension Workspace {
  /// The stored prompts that a method needs: those that the hashes name, or the newest experiment's.
  func tunedPrompts(_ hashes: [String], for method: DecodingMethod) throws -> [PromptRole: Fingerprint] {
    guard !method.roles.isEmpty else { return [:] }
    var prompts: [PromptRole: Fingerprint] = [:]
    func take(_ experiment: ExperimentRecord) {
      for reference in experiment.cells.flatMap(\.stages) where reference.kind == .prompt {
        if let role = PromptRole(rawValue: reference.name), prompts[role] == nil {
          prompts[role] = reference.fingerprint
        }
      }
    }
    for hash in hashes {
      if let experiment = try? store.resolve(prefix: hash, among: .experiments),
        let record = try store.experiment(experiment)
      {
        take(record)
        continue
      }
      let fingerprint = try store.resolve(prefix: hash, among: .artifacts)
      guard let stage = try store.artifact(fingerprint)?.record.stage, stage.kind == .prompt,
        let role = stage.parameters["role"]?.string.flatMap(PromptRole.init(rawValue:))
      else { throw WorkbenchError.noPrompts(detail: "\(hash) is not a tuned prompt.") }
      prompts[role] = fingerprint
    }
    if hashes.isEmpty {
      for summary in try RunIndex(store: store).experiments() {
        if let record = try store.experiment(summary.fingerprint) { take(record) }
        if method.roles.allSatisfy({ prompts[$0] != nil }) { break }
        prompts = [:]
      }
    }
    for role in method.roles where prompts[role] == nil {
      throw WorkbenchError.noPrompts(detail: "The method \(method.rawValue) needs the \(role.rawValue) prompt.")
    }
    return prompts
  }
}
