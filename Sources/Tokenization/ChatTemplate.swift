/// The form in which a model expects a conversation of one system message, one instruction and one response.
public enum ChatTemplate: String, CaseIterable, Sendable {
  /// ChatML: each message between `<|im_start|>` with its role and `<|im_end|>`.
  case chatML = "chatml"
  /// No control tokens: system text, instruction and response with an empty line between them.
  case plain = "plain"

  /// Looks a template up by name, as a manifest or command line gives it.
  ///
  /// - Throws: `TokenizationError.unknownChatTemplate`, listing the names.
  public init(named name: String) throws(TokenizationError) {
    guard let template = ChatTemplate(rawValue: name) else {
      throw .unknownChatTemplate(name: name, known: Self.allCases.map(\.rawValue))
    }
    self = template
  }

  /// Recognizes a model's own template by its Jinja source. A model without one gets `plain`.
  ///
  /// - Throws: `TokenizationError.unrecognizedChatTemplate`, listing the names to choose from.
  public init(recognizing source: String?) throws(TokenizationError) {
    guard let source, !source.allSatisfy(\.isWhitespace) else {
      self = .plain
      return
    }
    let match = Self.allCases.first { template in
      let tokens = template.parts.controlTokens
      return !tokens.isEmpty && tokens.allSatisfy { source.contains($0) }
    }
    guard let match else {
      throw .unrecognizedChatTemplate(source: source, known: Self.allCases.map(\.rawValue))
    }
    self = match
  }

  /// The template's own text around the three contents.
  struct Parts: Sendable {
    /// What stands before the system message's text.
    var beforeSystem: String
    /// What stands between the system message's text and the instruction.
    var afterSystem: String
    /// What stands between the instruction and the response.
    var beforeResponse: String
    /// The control tokens that the vocabulary must have; a file's own template is recognized by them.
    var controlTokens: [String]
    /// The control tokens that end a response.
    var endOfTurn: [String]
  }

  /// The text of this template. To add a family, add a case and its parts.
  var parts: Parts {
    switch self {
    case .chatML:
      Parts(
        beforeSystem: "<|im_start|>system\n",
        afterSystem: "<|im_end|>\n<|im_start|>user\n",
        beforeResponse: "<|im_end|>\n<|im_start|>assistant\n",
        controlTokens: ["<|im_start|>", "<|im_end|>"],
        endOfTurn: ["<|im_end|>"])
    case .plain:
      Parts(beforeSystem: "", afterSystem: "\n\n", beforeResponse: "\n\n", controlTokens: [], endOfTurn: [])
    }
  }
}
