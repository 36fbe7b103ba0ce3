/// The system prompt under which an anchor's answer was made.
package enum SystemPromptKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// The manual safe prompt.
  case safe
  /// The manual opposite prompt.
  case opposite
  /// No system message.
  case null
}

/// One instruction with one answer: a row of `anchors.jsonl`.
package struct AnchorPair: Sendable, Hashable, Codable {
  /// The set of the objective that the pair belongs to.
  package enum Category: String, Sendable, Hashable, Codable, CaseIterable {
    /// D_HR: a harmful instruction, refused.
    case refused
    /// D_HA: a harmful instruction, answered.
    case answered
    /// D_S: a harmless instruction, answered.
    case harmless
    /// A harmless instruction, refused: a set of ours for the term `harmlessRefusal`; not one of the paper's.
    case harmlessRefused
  }

  /// Where the answer comes from.
  package enum Source: String, Sendable, Hashable, Codable, CaseIterable {
    /// The model's own answer.
    case sampled
    /// One of the refusal wordings.
    case wording
  }

  /// The instruction's identifier in its file.
  package let id: String
  package let instruction: String
  /// Whether the instruction should be refused.
  package let kind: InstructionKind
  /// The system prompt under which the answer was made.
  package let systemPrompt: SystemPromptKind
  package let answer: String
  /// The set of the objective.
  package let category: Category
  /// Where the answer comes from.
  package let source: Source
  /// Whether the answer is complete, so that the token that ends it belongs to it; else it was as long as allowed.
  package let ended: Bool

  package init(
    id: String, instruction: String, kind: InstructionKind, systemPrompt: SystemPromptKind, answer: String,
    category: Category, source: Source, ended: Bool
  ) {
    self.id = id
    self.instruction = instruction
    self.kind = kind
    self.systemPrompt = systemPrompt
    self.answer = answer
    self.category = category
    self.source = source
    self.ended = ended
  }
}
