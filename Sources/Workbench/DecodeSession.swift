import Compute
package import EngineContract
package import Experiments
import Fingerprints
import Foundation
import ModelFiles
import Pipeline
import Records
package import Stages
import Tokenization

/// Answers instructions from the command line under one method.
package struct DecodeSession {
  private let engine: any Engine
  private let method: PreparedMethod
  private let sampling: AnswerSampling
  private let attack: [Attack]

  /// What the answers are made with.
  package struct Options: Sendable {
    /// A catalog's name or a path.
    package var model: String
    /// How its conversations are framed.
    package var conversation: ConversationSettings
    /// What computes with the model, and how exactly.
    package var computation: ModelComputation
    /// Where the second engine computes.
    package var device: String
    /// The method with its settings, sampling included.
    package var decoding: DecodingSettings
    /// Hashes, or their beginnings, of an experiment or of stored prompts; empty for the newest experiment's.
    package var prompts: [String]
    /// A stored adapter's hash, an experiment's, or the path of a PEFT folder; nil for none.
    package var adapter: String?
    /// The seed of random choices.
    package var seed: UInt64
    /// What instructions are transformed by, the first one first.
    package var attack: [Attack]

    package init(
      model: String, conversation: ConversationSettings = .init(),
      computation: ModelComputation = .native(.float32), device: String = EngineSettings.anyDevice,
      decoding: DecodingSettings,
      prompts: [String], adapter: String? = nil, seed: UInt64, attack: [Attack]? = nil
    ) {
      self.model = model
      self.conversation = conversation
      self.computation = computation
      self.device = device
      self.decoding = decoding
      self.prompts = prompts
      self.adapter = adapter
      self.seed = seed
      self.attack = attack ?? []
    }
  }

  /// Loads the model and computes the prompts.
  /// - Throws: An error of any wing, with its message.
  package init(_ options: Options, workspace: Workspace) throws {
    let decoding = options.decoding
    let prompts = try workspace.tunedPrompts(options.prompts, for: decoding.method)
    let engine = try workspace.engine(
      options.model, options.conversation, on: options.computation, device: options.device)
    method = try workspace.method(
      decoding, on: engine, tuned: prompts, from: options.prompts, adapter: options.adapter,
      computation: options.computation, device: options.device)
    self.engine = engine
    attack = options.attack
    sampling = AnswerSampling(decoding.sampling, seed: options.seed, maximumTokens: decoding.maximumTokens)
  }

  /// Answers one instruction; the text comes in pieces as it is chosen.
  package func answer(_ instruction: String, onText: @escaping (String) throws -> Void) throws {
    var stream = TextStream(engine.tokenizer)
    let request = try request(instruction)
    _ = try engine.answers(
      to: [request], under: method.setup, sampling: sampling,
      watch: GenerationWatch(
        onToken: { _, token in
          let text = try stream.next(token)
          if !text.isEmpty { try onText(text) }
        },
        onProgress: { _ in try Interruption.check() }))
    let rest = stream.rest()
    if !rest.isEmpty { try onText(rest) }
  }

  /// One token of an answer, as a person reads it.
  package struct TracedToken: Sendable {
    /// What happened at its step.
    package var step: TokenStep
    /// The token's text.
    package var text: String
    /// The text of what the first stream alone would have taken.
    package var favorite: String
  }

  /// Answers one instruction and tells what the method did at each token.
  package func traced(_ instruction: String) throws -> [TracedToken] {
    let request = try request(instruction)
    let answers = try engine.answers(
      to: [request], under: method.setup, sampling: sampling,
      watch: GenerationWatch(onProgress: { _ in try Interruption.check() }))
    let steps = try engine.steps(
      of: answers.map { AnswerTokens($0.tokens, behind: request.turns) }, under: method.setup)
    return try steps.joined().map {
      TracedToken(
        step: $0, text: try engine.tokenizer.text(of: [$0.token]),
        favorite: try engine.tokenizer.text(of: [$0.favorite]))
    }
  }

  /// An instruction as it is put to the model.
  private func attacked(_ instruction: String) -> String {
    attack.reduce(instruction) { text, attack in
      if case .rewriting(let rewriting) = attack.kind { rewriting(text) } else { text }
    }
  }

  private func request(_ instruction: String) throws -> GenerationRequest {
    let request = try method.request(attacked(instruction), sample: 0)
    try method.checkRoom(for: request, on: engine, answer: sampling.maximumTokens, named: "the instruction")
    return request
  }

  /// The conversation of each stream up to the answer's first token: the tokens as text, and what stands for a soft
  /// prompt.
  package func conversations(_ instruction: String) throws -> [[String]] {
    let turns = try request(instruction).turns
    return try method.setup.streams.enumerated().map { index, stream in
      let prompt = try stream.prompt.flatMap { part -> [String] in
        switch part {
        case .tokens(let tokens): try tokens.map(text(of:))
        case .rows(let rows): ["[\(rows.rows) rows of the soft prompt]"]
        }
      }
      return prompt + (try turns[index].map(text(of:)))
    }
  }

  private func text(of token: Int) throws -> String {
    try engine.tokenizer.text(of: [token], skippingSpecial: false)
  }

  /// Answers many instructions as one batch.
  package func answers(to instructions: [String], progress: ProgressReporter) throws -> [String] {
    let requests = try instructions.enumerated().map { try method.request(attacked($1), sample: $0) }
    for (index, request) in requests.enumerated() {
      try method.checkRoom(
        for: request, on: engine, answer: sampling.maximumTokens, named: "standard input, line \(index + 1)")
    }
    progress.begin("decode")
    let answers = try engine.answers(
      to: requests, under: method.setup, sampling: sampling,
      watch: GenerationWatch(onProgress: { step in
        try Interruption.check()
        progress.update(done: step.answers, of: step.total, unit: "answers", work: (step.tokens, "tokens"))
      }))
    progress.finishLine()
    return try answers.map { try engine.tokenizer.text(of: $0.tokens) }
  }
}

extension Workspace {
  /// A method made ready on an engine, from what the store holds.
  /// - Parameters:
  ///   - tuned: The tuned prompts.
  ///   - hashes: Where the refusal direction is looked for; empty for the newest experiments.
  ///   - adapter: The adapter that an option names.
  func method(
    _ decoding: DecodingSettings, on engine: any Engine, tuned: [PromptRole: Fingerprint], from hashes: [String],
    adapter: String?, computation: ModelComputation, device: String = EngineSettings.anyDevice
  ) throws -> PreparedMethod {
    try PreparedMethod(
      decoding.methodParameters, on: engine,
      content: PreparedMethod.Content(
        systemPrompts: { try SystemPrompts(self.file("Anchors/system-prompts.json")) },
        demonstrations: { try Demonstration.read(self.file(decoding.demonstrations), first: $0) },
        softPrompt: { try self.softPrompt(tuned[$0]) },
        adapter: { try self.adapter(at: adapter) },
        other: { model in
          try decoding.name(of: model).map { try self.engine($0, on: computation, device: device) }
        }, direction: { try self.refusalDirection(hashes) }))
  }

  /// The adapter that an option names.
  fileprivate func adapter(at name: String?) throws -> LoraAdapterFile {
    guard let name else {
      throw WorkbenchError.badOption(
        name: "--adapter", found: "nothing", expected: "an adapter's or experiment's hash, or a PEFT folder")
    }
    if FileManager.default.fileExists(atPath: name) { return try LoraAdapterFile(folder: name) }
    if let experiment = try? store.resolve(prefix: name, among: .experiments),
      let record = try store.experiment(experiment),
      let reference = record.cells.flatMap(\.stages).first(where: { $0.kind == .adapter })
    {
      return try adapter(reference.fingerprint)
    }
    return try adapter(store.resolve(prefix: name, among: .artifacts))
  }

  /// A stored adapter.
  private func adapter(_ fingerprint: Fingerprint) throws -> LoraAdapterFile {
    guard let artifact = try store.artifact(fingerprint) else {
      throw WorkbenchError.noPrompts(detail: "The trained adapter \(fingerprint.short) is not in the store.")
    }
    return try LoraAdapterFile(folder: artifact.folder.path)
  }

  /// The refusal direction of an experiment or a stage that hashes name, or of the newest experiment that has one.
  fileprivate func refusalDirection(_ hashes: [String]) throws -> RefusalDirection {
    func direction(_ fingerprint: Fingerprint?) throws -> RefusalDirection? {
      guard let artifact = try fingerprint.flatMap({ try store.artifact($0) }),
        artifact.record.stage.kind == .directions
      else { return nil }
      return try RefusalDirection(directions: artifact)
    }
    func direction(of experiment: ExperimentRecord?) throws -> RefusalDirection? {
      try direction(experiment?.cells.flatMap(\.stages).first { $0.kind == .directions }?.fingerprint)
    }
    for hash in hashes {
      if let experiment = try? store.resolve(prefix: hash, among: .experiments),
        let found = try direction(of: store.experiment(experiment))
      {
        return found
      }
      if let found = try direction(try? store.resolve(prefix: hash, among: .artifacts)) { return found }
    }
    for summary in hashes.isEmpty ? try index().experiments() : [] {
      if let found = try direction(of: store.experiment(summary.fingerprint)) { return found }
    }
    throw WorkbenchError.noPrompts(
      detail: "The method needs the refusal direction, which an experiment with such a method finds.")
  }

  /// The rows of a stored soft prompt.
  fileprivate func softPrompt(_ fingerprint: Fingerprint?) throws -> Matrix {
    guard let fingerprint, let artifact = try store.artifact(fingerprint) else {
      throw WorkbenchError.noPrompts(detail: "The tuned prompt \(fingerprint?.short ?? "") is not in the store.")
    }
    return try Matrix(softPrompt: artifact)
  }

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
        let role = try? stage.parameters(of: PromptStage.self).role
      else { throw WorkbenchError.noPrompts(detail: "\(hash) is not a tuned prompt.") }
      prompts[role] = fingerprint
    }
    if hashes.isEmpty {
      for summary in try index().experiments() {
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
