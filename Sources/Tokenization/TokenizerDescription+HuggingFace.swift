import JSON
package import ModelFiles

extension TokenizerDescription {
  /// The tokenizer that a Hugging Face folder describes.
  /// - Throws: `ModelFileError` for what is missing, malformed, or not supported.
  package init(folder: CheckpointFolder) throws(ModelFileError) {
    try self.init(
      tokenizer: folder.tokenizer(), configuration: folder.tokenizerConfiguration,
      generation: folder.generationConfiguration, model: folder.configuration, chatTemplate: folder.chatTemplate())
  }

  /// The tokenizer of `tokenizer.json`, with what the files beside it say of its special tokens.
  /// - Parameters:
  ///   - tokenizer: `tokenizer.json`.
  ///   - configuration: `tokenizer_config.json`.
  ///   - generation: `generation_config.json`.
  ///   - model: `config.json`.
  ///   - chatTemplate: The chat template's Jinja source.
  /// - Throws: `ModelFileError` for what is missing, malformed, or not supported.
  package init(
    tokenizer: JSONNode, configuration: JSONNode? = nil, generation: JSONNode? = nil, model: JSONNode? = nil,
    chatTemplate: String? = nil
  ) throws(ModelFileError) {
    let bpe = try tokenizer.member("model")
    let type = try bpe.optional("type")?.string() ?? "BPE"
    guard type == "BPE" else { throw bpe.unsupported("type", found: type, expected: "BPE") }
    try bpe.refuseOptions()
    let steps = try TokenizerSteps(tokenizer)
    let fallsBack = try bpe.optional("byte_fallback")?.bool() ?? false
    if fallsBack, steps.isByteLevel {
      throw bpe.unsupported("byte_fallback", found: "true", expected: "false beside ByteLevel")
    }
    if !fallsBack, !steps.isByteLevel, steps.dropsFirstSpace == nil {
      throw tokenizer.unsupported(
        "pre_tokenizer", found: "no ByteLevel", expected: "it, or byte_fallback, or a decoder")
    }
    var words = try TokenList(vocabulary: bpe.member("vocab"), isSentencePiece: fallsBack)
    try words.add(tokenizer.optional("added_tokens"))
    let tokens = try words.tokens(of: bpe)

    func id(_ name: String) throws(ModelFileError) -> Int? {
      guard let node = try configuration?.optional(name) else { return nil }
      // A text, or an object with the text under "content".
      if case .string(let text) = node.value { return words.ids[JSONKey(text)] }
      return words.ids[JSONKey(try node.member("content").string())]
    }
    /// A number, or the first of a list.
    func number(_ name: String, _ files: JSONNode?...) throws(ModelFileError) -> Int? {
      for file in files {
        guard let node = try file?.optional(name) else { continue }
        if case .array = node.value { return try node.elements().first?.integer() }
        return try node.integer()
      }
      return nil
    }
    var beginning = try id("bos_token"), end = try id("eos_token")
    if beginning == nil { beginning = try number("bos_token_id", generation, model) }
    if end == nil { end = try number("eos_token_id", model, generation) }
    // Chat models may end their turns with a token of their own: the generation configuration's list has both.
    var endOfTurn: Int?
    if let node = try generation?.optional("eos_token_id"), case .array = node.value {
      for candidate in try node.integers() where candidate != end && endOfTurn == nil { endOfTurn = candidate }
    } else if let stated = try number("eos_token_id", generation), stated != end {
      endOfTurn = stated
    }
    // Lists name more: Llama 3.1's ends of text, of a turn, and of a message to a tool.
    var ends: Set<Int> = []
    for file in [model, generation] {
      guard let node = try file?.optional("eos_token_id"), case .array = node.value else { continue }
      ends.formUnion(try node.integers())
    }
    let unknown = try bpe.unknownToken(words, isByteLevel: steps.isByteLevel)
    let stated = try configuration?.optional("add_bos_token")?.bool()
    let front = try tokenizer.tokensInFront()
    let first = beginning.flatMap { tokens.indices.contains($0) ? tokens[$0] : nil }
    self.init(
      kind: steps.isByteLevel ? "gpt2" : "llama",
      preTokenizer: "default",
      tokens: tokens,
      tokenKinds: words.kinds.map { Int($0.rawValue) },
      merges: try bpe.merges(),
      takesWholeWords: try bpe.optional("ignore_merges")?.bool() ?? false,
      beginningOfSequence: beginning,
      endOfSequence: end,
      endOfTurn: endOfTurn,
      otherEnds: ends.subtracting([end, endOfTurn].compactMap(\.self)).sorted(),
      unknown: unknown?.id,
      addsBeginningOfSequence: stated ?? (first != nil && front.first == first),
      chatTemplate: chatTemplate)
    unknownText = unknown?.text
    tokenFlags = words.flags
    path = tokenizer.path
    describe(steps)
    if let first, front.count > (front.first == first ? 1 : 0), stated == nil {
      warnings.append(
        "\(tokenizer.path): post_processor puts \(front.joined(separator: " ")) in front of a text; here only "
          + "\(first) is put there, where the model expects it")
    }
  }

  /// Takes the steps over, by a name where they have one.
  private mutating func describe(_ steps: TokenizerSteps) {
    if steps.isByteLevel, let (name, composes) = steps.byteLevelName {
      preTokenizer = name
      composesCharacters = composes
    } else if !steps.isByteLevel, let (prefix, composes) = steps.spacePrefix {
      spacePrefix = prefix
      composesCharacters = composes
    } else {
      rules = TokenizerRules(normalizers: steps.normalizers, preTokenizers: steps.preTokenizers)
    }
    // Stated only where it isn't what follows from the rest.
    if let drops = steps.dropsFirstSpace, !steps.isByteLevel, drops != (rules == nil && spacePrefix != .never) {
      dropsFirstSpace = drops
    }
  }
}

/// The tokens of `tokenizer.json`, gathered from the vocabulary and the added tokens.
private struct TokenList {
  private(set) var ids: [JSONKey: Int] = [:]
  private(set) var kinds: [TokenKind] = []
  private(set) var flags: [Int: TokenFlags] = [:]
  private var spellings: [String?] = []

  init(vocabulary: JSONNode, isSentencePiece: Bool) throws(ModelFileError) {
    let members = try vocabulary.members()
    ids.reserveCapacity(members.count)
    for (token, node) in members {
      let isByte = isSentencePiece && SentencePieceSplitter.byte(Array(token.utf8)[...]) != nil
      try set(token, node.integer(), isByte ? .byte : .normal, limit: 2 * members.count + 65_536, node)
    }
  }

  /// Adds the added tokens; those that are in the vocabulary too become what they are here.
  mutating func add(_ list: JSONNode?) throws(ModelFileError) {
    guard let list else { return }
    let elements = try list.elements()
    for node in elements {
      let isSpecial = try node.optional("special")?.bool() ?? false, id = try node.member("id").integer()
      try set(
        node.member("content").string(), id, isSpecial ? .control : .userDefined,
        limit: spellings.count + elements.count + 65_536, node)
      var flags: TokenFlags = []
      if try node.optional("lstrip")?.bool() == true { flags.insert(.stripsLeft) }
      if try node.optional("rstrip")?.bool() == true { flags.insert(.stripsRight) }
      if try node.optional("single_word")?.bool() == true { flags.insert(.singleWord) }
      if try node.optional("normalized")?.bool() == true { flags.insert(.normalized) }
      if !flags.isEmpty { self.flags[id] = flags }
    }
  }

  /// All tokens by id.
  func tokens(of node: JSONNode) throws(ModelFileError) -> [String] {
    var tokens: [String] = []
    for (id, spelling) in spellings.enumerated() {
      guard let spelling else {
        throw .malformed(
          path: node.path, place: "\(node.place), \"vocab\"", found: "no token with the id \(id)",
          expected: "tokens with all ids from 0 to \(spellings.count - 1)")
      }
      tokens.append(spelling)
    }
    return tokens
  }

  private mutating func set(
    _ token: String, _ id: Int, _ kind: TokenKind, limit: Int, _ node: JSONNode
  ) throws(ModelFileError) {
    guard 0..<limit ~= id else {
      throw .malformed(
        path: node.path, place: node.place, found: "the id \(id)", expected: "an id from 0 to \(limit - 1)")
    }
    if id >= spellings.count {
      let missing = id + 1 - spellings.count
      spellings += Array(repeating: nil, count: missing)
      kinds += Array(repeating: .undefined, count: missing)
    }
    if let old = spellings[id], !old.utf8.elementsEqual(token.utf8) {
      throw .malformed(
        path: node.path, place: node.place, found: "the id \(id) for another token", expected: "an id of its own")
    }
    spellings[id] = token
    kinds[id] = kind
    ids[JSONKey(token)] = id
  }
}

extension JSONNode {
  /// The merges: texts with a space between two tokens, or lists of the two.
  fileprivate func merges() throws(ModelFileError) -> [String] {
    var merges: [String] = []
    for node in try member("merges").elements() {
      if case .string(let text) = node.value {
        merges.append(text)
      } else {
        let pair = try node.elements()
        guard pair.count == 2 else {
          throw .malformed(path: node.path, place: node.place, found: "\(pair.count) tokens", expected: "two")
        }
        merges.append("\(try pair[0].string()) \(try pair[1].string())")
      }
    }
    return merges
  }

  /// Refuses the options of byte-pair encoding that change tokens in a way that is not done here.
  fileprivate func refuseOptions() throws(ModelFileError) {
    if let dropout = try optional("dropout")?.number(), dropout != 0 {
      throw unsupported("dropout", found: "\(dropout)", expected: "none")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = try optional(key)?.string(), !text.isEmpty { throw unsupported(key, found: text, expected: "none") }
    }
  }

  /// The token for text that the vocabulary has none for, and what is made of it where that isn't what follows from the
  /// tokenizer's kind.
  fileprivate func unknownToken(
    _ words: TokenList, isByteLevel: Bool
  ) throws(ModelFileError) -> (id: Int, text: UnknownText?)? {
    guard let name = try optional("unk_token")?.string() else { return nil }
    let fuses = try optional("fuse_unk")?.bool() ?? false
    let hasAllBytes =
      isByteLevel
      ? ByteAlphabet.spellings.allSatisfy { words.ids[JSONKey(String(decoding: $0, as: UTF8.self))] != nil }
      : words.kinds.count { $0 == .byte } == 256
    guard let id = words.ids[JSONKey(name)] else {
      if hasAllBytes { return nil }
      throw unsupported("unk_token", found: name, expected: "a token of the vocabulary")
    }
    if hasAllBytes { return (id, nil) }
    return (id, fuses ? isByteLevel ? .fused : nil : .single)
  }

  /// The special tokens that the post-processor puts in front of a text.
  fileprivate func tokensInFront() throws(ModelFileError) -> [String] {
    guard let processor = try optional("post_processor") else { return [] }
    var tokens: [String] = []
    for step in try processor.steps("processors") {
      switch try step.member("type").string() {
      case "TemplateProcessing":
        for piece in try step.member("single").elements() {
          guard let special = try piece.optional("SpecialToken") else { break }
          tokens.append(try special.member("id").string())
        }
      case "BertProcessing", "RobertaProcessing":
        if let name = try step.member("cls").elements().first { tokens.append(try name.string()) }
      default: break
      }
    }
    return tokens
  }
}
