package import Compute
package import EngineContract
import Evaluation
import FoundationEssentials
package import ModelFiles
package import Records
package import Stages
import Tokenization

/// A decoding method made ready: its streams with their prompts and models, and how an instruction is put to each.
package struct PreparedMethod {
  /// What an engine is given.
  package let setup: MethodSetup
  private let prompts: [StreamPrompt]
  private let parameters: MethodParameters
  private let frames: [ConversationFrame]

  /// What the streams are made of. Only what a method needs is asked for.
  package struct Content {
    /// The manual system prompts.
    package var systemPrompts: () throws -> SystemPrompts
    /// The first so many demonstrations.
    package var demonstrations: (Int) throws -> [Demonstration]
    /// A tuned prompt's rows, `[P, d]`.
    package var softPrompt: (PromptRole) throws -> Matrix
    /// The trained adapter.
    package var adapter: () throws -> LoraAdapterFile
    /// A model beside the target.
    package var other: (StreamModel) throws -> (any Engine)?

    /// What streams are made of.
    package init(
      systemPrompts: @escaping () throws -> SystemPrompts, demonstrations: @escaping (Int) throws -> [Demonstration],
      softPrompt: @escaping (PromptRole) throws -> Matrix, adapter: @escaping () throws -> LoraAdapterFile,
      other: @escaping (StreamModel) throws -> (any Engine)?
    ) {
      self.systemPrompts = systemPrompts
      self.demonstrations = demonstrations
      self.softPrompt = softPrompt
      self.adapter = adapter
      self.other = other
    }
  }

  /// A method on a target.
  package init(_ parameters: MethodParameters, on target: any Engine, content: Content) throws {
    self.parameters = parameters
    prompts = parameters.streams.map(\.prompt)
    var frames: [ConversationFrame] = [], streams: [EngineStream] = []
    for stream in parameters.streams {
      let frame = try Self.frame(of: stream.prompt, parameters, target.conversation, content)
      let rows: Matrix? = if case .tuned(let role) = stream.prompt { try content.softPrompt(role) } else { nil }
      frames.append(frame)
      streams.append(
        EngineStream(on: try Self.model(stream.model, target, content), prompt: frame.prompt(with: rows)))
    }
    self.frames = frames
    setup = MethodSetup(streams: streams, parameters: parameters)
  }

  private static func model(
    _ model: StreamModel, _ target: any Engine, _ content: Content
  ) throws -> EngineStream.Model {
    if model == .adapted { return .adapted(try content.adapter()) }
    guard let other = try content.other(model) else { return .target }
    guard other.tokenizer.hasSameTokens(as: target.tokenizer) else {
      throw PipelineError.foreignTokenizer(model: other.modelName)
    }
    return .other(other)
  }

  /// What stands around the instructions of a stream.
  static func frame(
    of prompt: StreamPrompt, _ parameters: MethodParameters, _ conversation: ConversationEncoder, _ content: Content
  ) throws -> ConversationFrame {
    switch prompt {
    case .tuned: try conversation.frame(.softPrompt)
    case .demonstrations:
      try conversation.frame(
        .absent,
        after: content.demonstrations(parameters.demonstrationCount ?? 0).map { ($0.instruction, $0.answer) })
    case .manual(let manual): try conversation.frame(.text(content.systemPrompts().text(manual)))
    case .fixed(let text): try conversation.frame(.text(text))
    case .null: try conversation.frame(.text(""))
    case .absent, .reminder: try conversation.frame(.absent)
    }
  }

  /// An instruction as a request.
  package func request(_ instruction: String, sample: Int) throws -> GenerationRequest {
    GenerationRequest(turns: try turns(instruction), sample: sample)
  }

  /// Refuses an instruction that leaves no room for an answer.
  /// - Throws: ``PipelineError/tooLong(name:tokens:limit:answer:)``
  package func checkRoom(
    for request: GenerationRequest, on engine: any Engine, answer: Int, named name: String
  ) throws(PipelineError) {
    try engine.checkRoom(for: request.turns, under: setup, answer: answer, named: name)
  }

  /// An instruction as each stream's turn.
  package func turns(_ instruction: String) throws -> StreamTurns {
    StreamTurns(try zip(prompts, frames).map { try $1.turn(parameters.text(of: instruction, behind: $0)) })
  }
}

extension MethodParameters {
  /// An instruction as a stream's user says it.
  func text(of instruction: String, behind prompt: StreamPrompt) -> String {
    guard case .reminder(let before, let after) = prompt else { return instruction }
    let parts = [before ? reminderBefore : nil, instruction, after ? reminderAfter : nil]
    return parts.compactMap(\.self).joined(separator: "\n")
  }
}

extension PreparedMethod.Content {
  /// What a stage's inputs name.
  init(_ inputs: MethodInputs, precision: ProductPrecision?, in context: some StageContext) {
    self.init(
      systemPrompts: {
        guard let file = inputs.systemPrompts else { throw PipelineError.unhashed("system prompts") }
        return try SystemPrompts(context.file(file))
      },
      demonstrations: { count in
        guard let file = inputs.demonstrations else { throw PipelineError.unhashed("demonstrations") }
        return try Demonstration.read(context.file(file), first: count)
      },
      softPrompt: { role in
        guard let prompt = inputs[role] else { throw PipelineError.unhashed("\(role.rawValue) prompt") }
        return try Matrix(softPrompt: context.artifact(prompt))
      },
      adapter: {
        guard let adapter = inputs.adapter else { throw PipelineError.unhashed("adapter") }
        return try LoraAdapterFile(folder: context.artifact(adapter).folder.path)
      },
      other: { model in try inputs.other(model).map { try context.engine($0, precision: precision) } })
  }
}

extension Engine {
  /// Refuses turns that leave no room for an answer.
  func checkRoom(
    for turns: StreamTurns, under method: MethodSetup, answer: Int, named name: String
  ) throws(PipelineError) {
    let room = room(for: turns, under: method), limit = dimensions.positionLimit
    guard room < answer else { return }
    throw .tooLong(name: name, tokens: limit - room, limit: limit, answer: answer)
  }
}

extension ConversationEncoder {
  /// What records say of a prompt that does not stand where a system message would.
  var counters: [String: Double] { placement == .user ? ["promptInUserTurn": 1] : [:] }
}

extension ConversationFrame {
  /// What stands before an instruction.
  /// - Parameter rows: The soft prompt's, where the frame has a place for them.
  func prompt(with rows: Matrix? = nil) -> [PromptPart] {
    guard let rows else { return [.tokens(beforePrompt)] }
    return [.tokens(beforePrompt), .rows(rows), .tokens(afterPrompt)]
  }
}

extension Matrix {
  /// The rows `[P, d]` of a stored soft prompt.
  package init(softPrompt artifact: Artifact) throws {
    let adapter = try PromptAdapter(folder: artifact.folder.path)
    guard
      let rows = Matrix(
        rows: adapter.virtualTokenCount, columns: adapter.tokenDimension, values: adapter.embeddings)
    else {
      throw PipelineError.damaged(
        StageReference(kind: .prompt, name: "", fingerprint: artifact.record.fingerprint))
    }
    self = rows
  }
}
