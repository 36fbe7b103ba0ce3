public import Experiments

/// The system prompt under which an anchor's answer was made.
public enum SystemPromptKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// The manual safe prompt.
  case safe
  /// The manual opposite prompt.
  case opposite
  /// No system message.
  case null
}

/// One instruction with one answer: a row of `anchors.jsonl`.
public struct AnchorPair: Sendable, Hashable, Codable {
  /// The set of the objective that the pair belongs to.
  public enum Category: String, Sendable, Hashable, Codable, CaseIterable {
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
  public enum Source: String, Sendable, Hashable, Codable, CaseIterable {
    /// The model's own answer.
    case sampled
    /// One of the refusal wordings.
    case wording
  }

  /// The instruction's identifier in its file.
  public let id: String
  /// The instruction.
  public let instruction: String
  /// Whether the instruction should be refused.
  public let kind: InstructionKind
  /// The system prompt under which the answer was made.
  public let systemPrompt: SystemPromptKind
  /// The answer.
  public let answer: String
  /// The set of the objective.
  public let category: Category
  /// Where the answer comes from.
  public let source: Source
  /// Whether the answer is complete, so that the token that ends it belongs to it; else it was as long as allowed.
  public let ended: Bool

  /// A pair.
  public init(
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
