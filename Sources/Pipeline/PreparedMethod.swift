package import Compute
package import EngineContract
package import Evaluation
import FoundationEssentials
package import ModelFiles
package import Records
package import Stages
import Tokenization

/// A decoding method made ready: its streams with their prompts and models, and how an instruction is put to each.
package struct PreparedMethod {
  /// What an engine is given.
  package private(set) var setup: MethodSetup
  private let prompts: [StreamPrompt]
  private let parameters: MethodParameters
  private let frames: [ConversationFrame]
  /// The ids that stand last before a turn of each stream: behind a soft prompt's rows, or all where there is none.
  private let tails: [[Int]]
  /// How many of these the streams' prompts hold; the rest is part of the turns.
  private var shared: [Int]
  /// The frame of a stream behind earlier messages.
  private let longerFrame: (StreamPrompt, [ConversationMessage]) throws -> ConversationFrame

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
    /// The refusal direction.
    package var direction: () throws -> RefusalDirection

    /// What streams are made of.
    package init(
      systemPrompts: @escaping () throws -> SystemPrompts, demonstrations: @escaping (Int) throws -> [Demonstration],
      softPrompt: @escaping (PromptRole) throws -> Matrix, adapter: @escaping () throws -> LoraAdapterFile,
      other: @escaping (StreamModel) throws -> (any Engine)?,
      direction: @escaping () throws -> RefusalDirection
    ) {
      self.direction = direction
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
      var made = EngineStream(on: try Self.model(stream.model, target, content), prompt: frame.prompt(with: rows))
      if let steering = stream.steering { made.steer(steering, along: try content.direction(), by: parameters.alpha) }
      streams.append(made)
    }
    self.frames = frames
    tails = zip(prompts, frames).map { $0.isTuned ? $1.afterPrompt : $1.beforePrompt }
    shared = tails.map(\.count)
    longerFrame = { try Self.frame(of: $0, behind: $1, parameters, target.conversation, content) }
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
  /// - Parameter earlier: The messages before the instruction. A system message of theirs follows the stream's own
  ///   text, or the rows of its soft prompt, behind an empty line in one message.
  static func frame(
    of prompt: StreamPrompt, behind earlier: [ConversationMessage] = [], _ parameters: MethodParameters,
    _ conversation: ConversationEncoder, _ content: Content
  ) throws -> ConversationFrame {
    let given = earlier.first { $0.role == .system }?.content ?? ""
    let said = earlier.filter { $0.role != .system }
    let exchanges = zip(said, said.dropFirst()).filter { $0.0.role == .user }.map { ($0.0.content, $0.1.content) }
    func frame(_ own: String?, after demonstrations: [(String, String)] = []) throws -> ConversationFrame {
      let texts = [own ?? "", given].filter { !$0.isEmpty }
      let system: ConversationEncoder.System =
        own == nil && given.isEmpty ? .absent : .text(texts.joined(separator: "\n\n"))
      return try conversation.frame(system, after: demonstrations + exchanges)
    }
    switch prompt {
    case .tuned:
      return try conversation.frame(.softPrompt, after: exchanges, tail: given.isEmpty ? "" : "\n\n\(given)")
    case .demonstrations:
      return try frame(
        nil, after: content.demonstrations(parameters.demonstrationCount ?? 0).map { ($0.instruction, $0.answer) })
    case .manual(let manual): return try frame(content.systemPrompts().text(manual))
    case .fixed(let text): return try frame(text)
    case .null: return try frame("")
    case .absent, .reminder, .enclosed: return try frame(nil)
    }
  }

  /// An instruction as a request.
  package func request(_ instruction: String, sample: Int) throws -> GenerationRequest {
    GenerationRequest(turns: try turns(instruction), sample: sample)
  }

  /// An instruction with what stands before it as a request.
  package func request(_ instruction: Instruction, sample: Int) throws -> GenerationRequest {
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
    StreamTurns(
      try frames.indices.map { stream in
        tails[stream].dropFirst(shared[stream])
          + (try frames[stream].turn(parameters.text(of: instruction, behind: prompts[stream])))
      })
  }

  // MARK: Conversations of several turns

  /// A request as each stream's turn.
  package func turns(_ request: Instruction) throws -> StreamTurns {
    guard let earlier = request.earlier else { return try turns(request.instruction) }
    return StreamTurns(
      try frames.indices.map { stream in
        Array(try whole(request.instruction, behind: earlier, stream).dropFirst(shared[stream]))
      })
  }

  /// The same method for requests some of which have several turns: what its streams' prompts begin with is cut to what
  /// stands before all of them.
  package func shared(by requests: [Instruction]) throws -> PreparedMethod {
    let longer = requests.filter { $0.earlier != nil }
    guard !longer.isEmpty else { return self }
    var method = self
    for stream in frames.indices {
      var common = tails[stream]
      for request in longer {
        let whole = try whole(request.instruction, behind: request.earlier ?? [], stream)
        common = Array(common.prefix(zip(common, whole).prefix { $0 == $1 }.count))
      }
      method.shared[stream] = common.count
      method.setup.streams[stream].prompt[method.setup.streams[stream].prompt.count - 1] = .tokens(common)
    }
    return method
  }

  /// The ids of a conversation behind a soft prompt's rows, or all of them where a stream has none.
  private func whole(
    _ instruction: String, behind earlier: [ConversationMessage], _ stream: Int
  ) throws -> [Int] {
    let frame = try longerFrame(prompts[stream], earlier)
    let turn = try frame.turn(parameters.text(of: instruction, behind: prompts[stream]))
    guard prompts[stream].isTuned else { return frame.beforePrompt + turn }
    guard frame.beforePrompt == frames[stream].beforePrompt else { throw PipelineError.movedPrompt }
    return frame.afterPrompt + turn
  }
}

extension StreamPrompt {
  fileprivate var isTuned: Bool { if case .tuned = self { true } else { false } }
}

extension MethodParameters {
  /// An instruction as a stream's user says it.
  func text(of instruction: String, behind prompt: StreamPrompt) -> String {
    switch prompt {
    case .reminder(let before, let after):
      let parts = [before ? reminderBefore : nil, instruction, after ? reminderAfter : nil]
      return parts.compactMap(\.self).joined(separator: "\n")
    case .enclosed(let before, let after): return "\(before)\n\(instruction)\n\(after)"
    case .absent, .null, .manual, .tuned, .fixed, .demonstrations: return instruction
    }
  }
}

extension PreparedMethod.Content {
  /// What a stage's inputs name.
  init(_ inputs: MethodInputs, precision: ModelComputation?, in context: some StageContext) {
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
      other: { model in try inputs.other(model).map { try context.engine($0, precision: precision) } },
      direction: {
        guard let directions = inputs.directions else { throw PipelineError.unhashed("refusal direction") }
        return try RefusalDirection(directions: context.artifact(directions))
      })
  }
}

extension EngineStream {
  /// Changes the model's hidden states along the refusal direction.
  fileprivate mutating func steer(_ steering: StreamSteering, along found: RefusalDirection, by alpha: Double?) {
    let added = StateEdit(.add(scale: Float(alpha ?? 1), behind: found.block), of: found.direction)
    switch steering {
    case .added: edits = [added]
    case .addedWhereHarmful:
      edits = [added]
      gate = StateGate(block: found.block, direction: found.direction, threshold: found.threshold)
    case .ablated: edits = [StateEdit(.ablate, of: found.direction)]
    }
  }
}

extension RefusalDirection {
  /// The direction in a stored artifact.
  package init(directions artifact: Artifact) throws {
    self = try CanonicalFile.read(RefusalDirection.self, from: artifact.file(DirectionsStage.file))
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
