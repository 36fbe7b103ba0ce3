/// The form in which a model expects a conversation of one system message, one instruction and one response.
///
/// The system message is where the soft prompt stands (Eq. 2 of arXiv 2406.16743). Templates without a place for one
/// have it at the start of the user's turn, before an empty line and the instruction: Mistral, Gemma, Alpaca and plain.
package enum ChatTemplate: String, CaseIterable, Sendable {
  /// ChatML: each message between `<|im_start|>` with its role and `<|im_end|>`.
  case chatML = "chatml"
  /// Llama 2: `[INST] <<SYS>>` … `<</SYS>>` … `[/INST]`, all of it ordinary text.
  case llama2
  /// Llama 3: each message after a header of control tokens, up to `<|eot_id|>`.
  case llama3
  /// Mistral 0.1 and 0.2: `[INST]` … `[/INST]`, of which the system message is the beginning.
  case mistral
  /// Mistral 0.3 and later: the same with control tokens, and no space before `[/INST]`.
  case mistral3 = "mistral-v3"
  /// Vicuna 1.1: `USER:` and `ASSISTANT:` in one line.
  case vicuna
  /// Guanaco: `### Human:` and `### Assistant:`.
  case guanaco
  /// Gemma: turns between `<start_of_turn>` and `<end_of_turn>`; the system message begins the user's.
  case gemma
  /// Alpaca: `### Instruction:` and `### Response:`.
  case alpaca
  /// Zephyr: roles as `<|user|>` in ordinary text, each message up to `</s>`.
  case zephyr
  /// Phi-3: the same with control tokens, each message up to `<|end|>`.
  case phi3
  /// No control tokens: system text, instruction and response with an empty line between them.
  case plain

  /// Looks a template up by name, as a manifest or command line gives it.
  ///
  /// - Throws: `TokenizationError.unknownChatTemplate`, listing the names.
  package init(named name: String) throws(TokenizationError) {
    guard let template = ChatTemplate(rawValue: name) else {
      throw .unknownChatTemplate(name: name, known: Self.names)
    }
    self = template
  }

  /// The names that a manifest can give.
  package static var names: [String] { allCases.map(\.rawValue) }

  /// Recognizes a model's own template by its Jinja source. A model without one gets `plain`.
  ///
  /// - Throws: `TokenizationError.unrecognizedChatTemplate`, listing the names to choose from.
  package init(recognizing source: String?) throws(TokenizationError) {
    guard let source, !source.allSatisfy(\.isWhitespace) else {
      self = .plain
      return
    }
    guard let match = Self.marks.first(where: { $0.marks.allSatisfy { source.contains($0) } }) else {
      throw .unrecognizedChatTemplate(source: source, known: Self.names)
    }
    self = match.template
  }

  /// What a template's source must hold to be recognized; the first that fits is it.
  private static let marks: [(template: ChatTemplate, marks: [String])] = [
    (.chatML, ["<|im_start|>", "<|im_end|>"]),
    (.llama3, ["<|start_header_id|>", "<|eot_id|>"]),
    (.llama2, ["[INST]", "<<SYS>>"]),
    (.mistral3, ["[INST]", "[AVAILABLE_TOOLS]"]),
    (.mistral3, ["[INST]", "[SYSTEM_PROMPT]"]),
    (.mistral, ["[INST]", "[/INST]"]),
    (.gemma, ["<start_of_turn>", "<end_of_turn>"]),
    (.phi3, ["<|assistant|>", "<|end|>"]),
    (.zephyr, ["<|user|>", "<|assistant|>"]),
    (.vicuna, ["USER:", "ASSISTANT:"]),
    (.guanaco, ["### Human:", "### Assistant:"]),
    (.alpaca, ["### Instruction:", "### Response:"]),
  ]

  /// The template's own text around the three contents.
  struct Parts: Sendable {
    /// What stands before the instruction where there is no system message at all.
    var opening: String
    /// What stands before the system message's text.
    var beforeSystem: String
    /// What stands between the system message's text and the instruction.
    var afterSystem: String
    /// What stands between the instruction and the response.
    var beforeResponse: String
    /// What stands between an answer and the next instruction; nil where it is what follows the system message.
    var betweenTurns: String?
    /// The space, if any, that begins the system message's text: in SentencePiece's encoding it is part of a word.
    var systemLead = ""
    /// The same for the instruction.
    var instructionLead = ""
    /// The space, if any, between ``opening`` and the instruction.
    var openingLead = ""
    /// The control tokens that the vocabulary must have.
    var controlTokens: [String]
    /// The control tokens that end a response, beside the vocabulary's own.
    var endOfTurn: [String]
  }

  /// The text of this template. To add a family, add a case, its marks and its parts.
  var parts: Parts {
    switch self {
    case .chatML:
      Parts(
        opening: "<|im_start|>user\n",
        beforeSystem: "<|im_start|>system\n",
        afterSystem: "<|im_end|>\n<|im_start|>user\n",
        beforeResponse: "<|im_end|>\n<|im_start|>assistant\n",
        controlTokens: ["<|im_start|>", "<|im_end|>"],
        endOfTurn: ["<|im_end|>"])
    case .llama2:
      Parts(
        opening: "[INST]", beforeSystem: "[INST] <<SYS>>\n", afterSystem: "\n<</SYS>>\n\n", beforeResponse: " [/INST]",
        betweenTurns: " </s><s>[INST] ", openingLead: " ", controlTokens: [], endOfTurn: ["</s>"])
    case .llama3:
      Parts(
        opening: "<|start_header_id|>user<|end_header_id|>\n\n",
        beforeSystem: "<|start_header_id|>system<|end_header_id|>\n\n",
        afterSystem: "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
        beforeResponse: "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        controlTokens: ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        endOfTurn: ["<|eot_id|>"])
    case .mistral:
      Parts(
        opening: "[INST]", beforeSystem: "[INST]", afterSystem: "\n\n", beforeResponse: " [/INST]",
        betweenTurns: "</s>[INST] ",
        systemLead: " ", openingLead: " ", controlTokens: [], endOfTurn: ["</s>"])
    case .mistral3:
      Parts(
        opening: "[INST]", beforeSystem: "[INST]", afterSystem: "\n\n", beforeResponse: "[/INST]",
        betweenTurns: "</s>[INST] ",
        systemLead: " ", openingLead: " ",
        controlTokens: ["[INST]", "[/INST]"], endOfTurn: ["</s>"])
    case .vicuna:
      Parts(
        opening: "USER:", beforeSystem: "", afterSystem: " USER:", beforeResponse: " ASSISTANT:",
        betweenTurns: "</s>USER:",
        instructionLead: " ", openingLead: " ", controlTokens: [], endOfTurn: ["</s>"])
    case .guanaco:
      Parts(
        opening: "### Human:", beforeSystem: "", afterSystem: "\n### Human:", beforeResponse: "\n### Assistant:",
        instructionLead: " ",
        openingLead: " ",
        controlTokens: [], endOfTurn: ["</s>"])
    case .gemma:
      Parts(
        opening: "<start_of_turn>user\n", beforeSystem: "<start_of_turn>user\n", afterSystem: "\n\n",
        beforeResponse: "<end_of_turn>\n<start_of_turn>model\n",
        betweenTurns: "<end_of_turn>\n<start_of_turn>user\n",
        controlTokens: ["<start_of_turn>", "<end_of_turn>"], endOfTurn: ["<end_of_turn>"])
    case .alpaca:
      Parts(
        opening: "### Instruction:\n", beforeSystem: "", afterSystem: "\n\n### Instruction:\n",
        beforeResponse: "\n\n### Response:\n",
        controlTokens: [], endOfTurn: ["</s>"])
    case .zephyr:
      Parts(
        opening: "<|user|>\n", beforeSystem: "<|system|>\n", afterSystem: "</s>\n<|user|>\n",
        beforeResponse: "</s>\n<|assistant|>\n",
        controlTokens: ["</s>"], endOfTurn: ["</s>"])
    case .phi3:
      Parts(
        opening: "<|user|>\n", beforeSystem: "<|system|>\n", afterSystem: "<|end|>\n<|user|>\n",
        beforeResponse: "<|end|>\n<|assistant|>\n",
        controlTokens: ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"], endOfTurn: ["<|end|>"])
    case .plain:
      Parts(
        opening: "", beforeSystem: "", afterSystem: "\n\n", beforeResponse: "\n\n", controlTokens: [], endOfTurn: [])
    }
  }
}
