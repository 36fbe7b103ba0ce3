import Evaluation
package import Stages
package import Tokenization

/// A stage that puts conversations to its model, and can show one without running.
package protocol ConversingStage: StageSpecification {
  /// The model whose tokenizer and chat template frame the conversations.
  var target: ModelReference { get }
  /// The conversation of each stream with the first instruction, up to the answer's first token: the tokens as text,
  /// and in brackets what stands for a soft prompt.
  func conversations(by encoder: ConversationEncoder, in context: some StageContext) throws -> [[String]]
}

extension GenerationsStage: ConversingStage {
  /// The target of the method.
  package var target: ModelReference { inputs.target }

  /// The method's streams with the set's first request.
  package func conversations(by encoder: ConversationEncoder, in context: some StageContext) throws -> [[String]] {
    guard let first = try asked(in: context).first else { return [] }
    let method = parameters.method
    let content = PreparedMethod.Content(inputs, precision: parameters.precision, in: context)
    return try method.streams.map { stream in
      let frame = try PreparedMethod.frame(
        of: stream.prompt, behind: first.earlier ?? [], method, encoder, content)
      let role: PromptRole? = if case .tuned(let role) = stream.prompt { role } else { nil }
      return try frame.tokens(around: role, method.text(of: first.instruction, behind: stream.prompt), encoder)
    }
  }
}

extension PromptStage: ConversingStage {
  /// The model that the prompt is tuned for.
  package var target: ModelReference { inputs.target }

  /// The one stream of tuning, with the first anchor's instruction.
  package func conversations(by encoder: ConversationEncoder, in context: some StageContext) throws -> [[String]] {
    let anchors = try context.rows(AnchorsStage.rows, of: inputs.anchors, as: AnchorPair.self)
    guard let first = anchors.first else { return [] }
    return [try encoder.frame(.softPrompt).tokens(around: parameters.role, first.instruction, encoder)]
  }
}

extension ConversationFrame {
  /// A conversation as tokens, with a soft prompt where it has one.
  fileprivate func tokens(
    around role: PromptRole?, _ instruction: String, _ encoder: ConversationEncoder
  ) throws -> [String] {
    func texts(_ ids: [Int]) throws -> [String] {
      try ids.map { try encoder.tokenizer.text(of: [$0], skippingSpecial: false) }
    }
    let prompt = role.map { ["[the \($0.rawValue) prompt]"] } ?? []
    return try texts(beforePrompt) + prompt + texts(afterPrompt) + texts(try turn(instruction))
  }
}
