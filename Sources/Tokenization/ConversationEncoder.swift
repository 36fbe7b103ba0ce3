import JSON
import Jinja

/// Frames conversations as a model expects them: runs its chat template and encodes what it gives.
///
/// The ids are those of the whole rendered conversation encoded at once, as transformers' `apply_chat_template` gives
/// them, but that control tokens in contents count as ordinary text: nobody can end a turn by writing so.
package struct ConversationEncoder: Sendable {
  /// A system message.
  package enum System: Hashable, Sendable {
    /// There is none: the model's users get this, with whatever the template puts in its place by itself.
    case absent
    /// A text. An empty one, the paper's null prompt, is a message that is there and has no text.
    case text(String)
    /// The rows of a soft prompt (Eq. 2 of arXiv 2406.16743): what a text's tokens would be replaced by.
    case softPrompt
  }

  /// Where a prompt stands.
  package enum Placement: String, Sendable {
    /// In the place of the system message's text.
    case system
    /// At the start of the user's turn, before an empty line and the instruction: the template refuses, drops, repeats
    /// or moves system messages.
    case user
  }

  /// The template in use.
  package let template: ChatTemplate
  /// Where a prompt stands.
  package let placement: Placement
  /// The tokenizer, by which no content can speak a token of the template's.
  package let tokenizer: Tokenizer
  /// The ids that end a response, in ascending order: the template's end of turn, and the vocabulary's.
  package let stopTokens: [Int]
  /// The id that ends a response which is given to the model to learn.
  package let endToken: Int?
  /// The template's text that opens a response.
  package let responseOpening: String

  let program: TemplateProgram
  /// What the template can name beside the messages, and beside whether it opens a response.
  private let variables: [(String, JSONValue)]
  let date: JinjaDate
  /// Whether the template takes contents as lists of parts.
  let contentIsList: Bool

  private typealias Message = RenderedConversation.Message

  /// Prepares a template for a vocabulary.
  ///
  /// - Parameter renderer: What runs the template instead of our Jinja; nil for ours.
  /// - Throws: `TokenizationError.template(name:problem:)` for a template that can't be run, or that refuses a
  ///   conversation of one instruction.
  package init(
    _ template: ChatTemplate, tokenizer: Tokenizer, variables: ConversationVariables = .init(),
    renderer: (any OwnTokenizer)? = nil
  ) throws(TokenizationError) {
    self.template = template
    date = variables.date
    func spelled(_ name: String, _ id: Int?) throws(TokenizationError) -> (String, JSONValue)? {
      guard let id else { return nil }
      return (name, .string(try tokenizer.text(of: [id], skippingSpecial: false)))
    }
    let tokens = try [
      spelled("bos_token", tokenizer.beginningOfSequence), spelled("eos_token", tokenizer.endOfSequence),
      spelled("unk_token", tokenizer.unknown),
    ].compactMap(\.self)
    // The names that families give it: Qwen3 and SmolLM3, and Granite and DeepSeek.
    let thinking = variables.thinking.map { value in
      ["enable_thinking", "thinking"].map { ($0, JSONValue.boolean(value)) }
    }
    let others = variables.others.members.map { ($0.key, $0.value) }
    self.variables = [("tools", .null), ("documents", .null)] + tokens + (thinking ?? []) + others

    let bare: RenderedConversation, withSystem: RenderedConversation?, answered: RenderedConversation?
    do throws(JinjaError) {
      let program: TemplateProgram =
        if let renderer { .own(renderer, source: template.source) } else { try TemplateProgram(template.source) }
      self.program = program
      let values = self.variables
      // Templates for pictures take a message's text from a list of parts, and lose one that is not in a list.
      let contentIsList =
        [false, true].first { isList in
          let values = values + [("add_generation_prompt", .boolean(true))]
          let tried = try? RenderedConversation(
            [.user(nil)], template: program, variables: values, date: variables.date, contentIsList: isList)
          return tried?.contents == [0]
        } ?? false
      self.contentIsList = contentIsList
      func rendered(_ messages: [Message], opens: Bool = true) throws(JinjaError) -> RenderedConversation {
        try RenderedConversation(
          messages, template: program, variables: values + [("add_generation_prompt", .boolean(opens))],
          date: variables.date, contentIsList: contentIsList)
      }
      bare = try rendered([.user(nil)])
      guard bare.contents == [0] else {
        throw .type("of a conversation with one instruction it gives the instruction \(bare.contents.count) times")
      }
      withSystem = try? rendered([.system(nil), .user(nil)])
      answered = try? rendered([.user(nil), .assistant(nil)], opens: false)
    } catch {
      if let failure = renderer?.failure { throw failure }
      throw .template(name: template.name, problem: error.description)
    }
    // A template that refused a system message is not one whose library failed.
    if let failure = renderer?.failure { throw failure }
    placement = withSystem?.contents == [0, 1] ? .system : .user

    // Tokens of the template's own text.
    let own = [bare, withSystem, answered].compactMap(\.self).flatMap(\.parts).map { part in
      if case .template(let text) = part { text } else { "" }
    }
    let named = Set(own.flatMap { tokenizer.literals(in: $0) })
    self.tokenizer = try tokenizer.withoutSpeaking(named)
    let end: Int? = if let answered { try Self.end(of: answered, by: tokenizer) } else { nil }
    let ends = [end, tokenizer.endOfTurn, tokenizer.endOfSequence].compactMap(\.self)
    stopTokens = Set(ends + tokenizer.otherEnds).sorted()
    endToken = ends.first
    responseOpening =
      if case .template(let text)? = bare.parts.last { text } else { "" }
  }

  /// The control token that stands behind an answer; nil where text does, or nothing.
  private static func end(
    of conversation: RenderedConversation, by tokenizer: Tokenizer
  ) throws(TokenizationError) -> Int? {
    guard conversation.contents == [0, 1], case .template(let text)? = conversation.parts.last else { return nil }
    let rest = String(text.drop(while: \.isWhitespace))
    let ids = try tokenizer.encode([TextPiece(rest, special: .parse)], continuing: true)
    guard let first = ids.first else { return nil }
    return tokenizer.literals(in: rest).contains(first) ? first : nil
  }

  /// What stands around instructions behind a system message and earlier exchanges.
  /// - Parameters:
  ///   - exchanges: Instructions with their answers, earlier in the conversation.
  ///   - lead: Text with which all instructions begin.
  ///   - tail: Text that follows a soft prompt in its message.
  /// - Throws: `TokenizationError.template(name:problem:)` where the template refuses such a conversation.
  package func frame(
    _ system: System, after exchanges: [(instruction: String, answer: String)] = [], lead: String = "",
    tail: String = ""
  ) throws(TokenizationError) -> ConversationFrame {
    let ownPrompt: String? = if case .text(let text) = system { text } else { nil }
    let isInSystem = placement == .system && system != .absent
    var messages: [Message] = isInSystem ? [.system(ownPrompt)] : []
    for exchange in exchanges { messages += [.user(exchange.instruction), .assistant(exchange.answer)] }
    messages.append(.user(nil))
    let conversation: RenderedConversation
    do throws(JinjaError) {
      conversation = try RenderedConversation(
        messages, template: program, variables: openingVariables, date: date, contentIsList: contentIsList)
    } catch {
      throw .template(name: template.name, problem: error.description)
    }
    // In a user's turn, the prompt stands before the first instruction.
    let isInTurn = placement == .user && system != .absent && ownPrompt != ""
    let promptPlace = isInSystem ? 0 : nil, firstTurn = isInSystem ? 1 : 0
    var pieces: [[TextPiece]] = [[]], responseOpening = "", trimming = Trimming(), instructions = 0
    func add(_ text: String, _ special: SpecialTokenPolicy) {
      if !text.isEmpty { pieces[pieces.count - 1].append(TextPiece(text, special: special)) }
    }
    func addPrompt() {
      if let ownPrompt { return add(ownPrompt, .asText) }
      pieces.append([])
      add(tail, .asText)
    }
    for part in conversation.parts {
      switch part {
      case .template(let text):
        add(text, .parse)
        responseOpening = text
      case .content(let place, let trimmed):
        let startsTurn = isInTurn && place == firstTurn
        if startsTurn {
          addPrompt()
          add("\n\n", .asText)
        }
        if place == promptPlace, system == .softPrompt {
          addPrompt()
        } else if place == messages.count - 1 {
          add(lead, .asText)
          instructions += 1
          trimming = Trimming(start: trimmed.start && lead.isEmpty && !startsTurn, end: trimmed.end)
          pieces.append([])
          responseOpening = ""
        } else {
          add(trimmed.text(of: messages[place].content ?? ""), .asText)
        }
      }
    }
    guard instructions == 1, pieces.count == (system == .softPrompt ? 3 : 2) else {
      throw .template(
        name: template.name,
        problem: "it gives the last instruction \(instructions) times, in a conversation of \(messages.count) messages")
    }
    return try ConversationFrame(
      prompt: system == .softPrompt ? pieces[0] : nil, before: pieces[pieces.count - 2],
      after: pieces[pieces.count - 1], trimming: trimming, beginning: try beginning(pieces[0]),
      responseOpening: responseOpening, tokenizer: tokenizer)
  }

  /// The ids of a system message's text: the rows of the embedding table from which a soft prompt is initialized
  /// (Eq. 1).
  package func systemContent(_ text: String) throws(TokenizationError) -> [Int] {
    guard !text.isEmpty else { return [] }
    let frame = try frame(.softPrompt)
    let isContinuing = frame.beforePrompt.count > (try beginning([]) == nil ? 0 : 1)
    return try tokenizer.encode(frame.promptLead + text, special: .asText, continuing: isContinuing)
  }

  /// What the template is given where it opens a response.
  var openingVariables: [(String, JSONValue)] { variables + [("add_generation_prompt", .boolean(true))] }

  /// The id that begins a conversation of a built-in template, where the tokenizer expects one.
  func beginning(_ pieces: [TextPiece]) throws(TokenizationError) -> Int? {
    guard template.isBuiltIn, tokenizer.addsBeginningOfSequence, let first = tokenizer.beginningOfSequence,
      try tokenizer.encode(pieces).first != first
    else { return nil }
    return first
  }
}
