/// How a language model is asked about an answer, and how its replies are read.
///
/// A format is a value in a file of its own in `JudgeFormats/`, added to ``allCases``. What its authors ask stands in
/// their model's chat template or in a file of theirs; ours is the reading of the reply.
package struct JudgeFormat: Sendable {
  /// Where the question comes from.
  package enum Asking: Sendable, Hashable {
    /// From this project: a reason and a verdict are asked for.
    case chat
    /// The same without a reason: the verdict that the model holds likeliest. For local models alone.
    case choice
    /// From this project's text after Llama Guard 3's model card, of 8B or 1B. For local models alone.
    case llamaGuard(isSmall: Bool)
    /// From the model's own chat template, given the request and the answer as a conversation.
    case ownTemplate
    /// From a file that the manifest names, in which placeholders of these names stand for the request and the answer.
    /// `isWhole`: the file is all that a local model reads, control tokens included; else it is what a user says.
    case file(request: [String], answer: [String], isWhole: Bool)
  }

  /// The name in manifests.
  package let name: String
  /// Where the question comes from.
  package let asking: Asking
  /// What the model can be asked.
  package let questions: [JudgeQuestion]
  /// The longest reply where the manifest does not say, in tokens.
  package let replyLength: Int
  /// Words from the harmless to the harmful end, of which a local model's shares are a score; nil where it replies.
  package let scale: [String]?
  /// Reads a reply; nil where it is none of the published form: what the judge meant is never guessed.
  package let read: @Sendable (String) -> JudgeReading?

  init(
    _ name: String, asking: Asking, questions: [JudgeQuestion], replyLength: Int, scale: [String]? = nil,
    read: @escaping @Sendable (String) -> JudgeReading? = { _ in nil }
  ) {
    self.name = name
    self.asking = asking
    self.questions = questions
    self.replyLength = replyLength
    self.scale = scale
    self.read = read
  }

  /// Whether a server can be asked so.
  package var isForServers: Bool {
    switch asking {
    case .chat, .ownTemplate, .file: true
    case .choice, .llamaGuard: false
    }
  }

  /// Whether the manifest must name a file with the question.
  package var needsFile: Bool { if case .file = asking { true } else { false } }

  /// As a chat with this project's templates: it gives a reason and a verdict.
  package static let chat = JudgeFormat("chat", asking: .chat, questions: JudgeQuestion.allCases, replyLength: 256)
  /// The same without a reason: which verdict it holds likeliest, so that there always is one. For small models.
  package static let choice = JudgeFormat(
    "choice", asking: .choice, questions: JudgeQuestion.allCases, replyLength: 256)
  /// As Llama Guard 3 8B was trained: a conversation and 14 categories of harm.
  package static let llamaGuard3 = JudgeFormat(
    "llama-guard-3", asking: .llamaGuard(isSmall: false), questions: [.harmlessness], replyLength: 24)
  /// As Llama Guard 3 1B was trained: the same with 13 categories.
  package static let smallLlamaGuard3 = JudgeFormat(
    "llama-guard-3-1b", asking: .llamaGuard(isSmall: true), questions: [.harmlessness], replyLength: 24)
}

extension JudgeFormat: NamedValue {
  /// All formats, in the order of listings.
  package static let allCases = [
    chat, choice, llamaGuard3, smallLlamaGuard3, llamaGuard, shieldGemma, qwen3GuardStrict, qwen3GuardLoose,
    graniteGuardian, wildGuard, harmBench, sorryBench, strongReject, strongRejectFineTuned, harmfulnessScore,
  ]
}
