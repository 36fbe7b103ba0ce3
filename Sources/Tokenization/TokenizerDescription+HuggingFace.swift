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
    let isSentencePiece = try bpe.optional("byte_fallback")?.bool() ?? false
    var words = try TokenList(vocabulary: bpe.member("vocab"), isSentencePiece: isSentencePiece)
    try words.add(tokenizer.optional("added_tokens"))
    let tokens = try words.tokens(of: bpe)
    let pipeline = try Pipeline(tokenizer, isSentencePiece: isSentencePiece)

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
    let unknown = try bpe.optional("unk_token")?.string()
    let first = beginning.flatMap { tokens.indices.contains($0) ? tokens[$0] : nil }
    let stated = try configuration?.optional("add_bos_token")?.bool(), added = try tokenizer.addsToken(first)
    self.init(
      kind: isSentencePiece ? "llama" : "gpt2",
      preTokenizer: pipeline.preTokenizer,
      tokens: tokens,
      tokenKinds: words.kinds.map { Int($0.rawValue) },
      merges: try bpe.merges(),
      spacePrefix: pipeline.spacePrefix,
      composesCharacters: pipeline.composesCharacters,
      takesWholeWords: try bpe.optional("ignore_merges")?.bool() ?? false,
      beginningOfSequence: beginning,
      endOfSequence: end,
      endOfTurn: endOfTurn,
      otherEnds: ends.subtracting([end, endOfTurn].compactMap(\.self)).sorted(),
      unknown: unknown.flatMap { words.ids[JSONKey($0)] },
      addsBeginningOfSequence: stated ?? added,
      chatTemplate: chatTemplate)
    tokenFlags = words.flags
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

/// What `tokenizer.json` does to a text before merging: its normalizer and its pre-tokenizer.
private struct Pipeline {
  var preTokenizer = "default"
  var spacePrefix = SpacePrefix.never
  var composesCharacters = false

  /// Llama 3's pattern, of which Qwen2's differs in its numbers, and Bloom's.
  private static let casedPattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
  private static let casedPatternRest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let bloomPattern = " ?[^(\\s|[.,!?…。，、।۔،])]+"

  init(_ tokenizer: JSONNode, isSentencePiece: Bool) throws(ModelFileError) {
    if let normalizer = try tokenizer.optional("normalizer") {
      for step in try normalizer.steps("normalizers") {
        switch try step.member("type").string() {
        case "NFC": composesCharacters = true
        case "Prepend" where isSentencePiece: spacePrefix = .everywhere
        case "Replace" where isSentencePiece:
          // Spaces to U+2581: what this kind does anyway.
          break
        case let type:
          throw step.unsupported("type", found: type, expected: "NFC, or for byte fallback Prepend and Replace")
        }
      }
    }
    guard let node = try tokenizer.optional("pre_tokenizer") else {
      if isSentencePiece { return }
      throw tokenizer.unsupported("pre_tokenizer", found: "none", expected: "ByteLevel")
    }
    let steps = try node.steps("pretokenizers")
    if isSentencePiece {
      for step in steps {
        switch try step.member("type").string() {
        case "Metaspace":
          guard try step.optional("split")?.bool() != true else {
            throw step.unsupported("split", found: "true", expected: "false")
          }
          let scheme = try step.optional("prepend_scheme")?.string() ?? "always"
          guard let prefix = ["first": SpacePrefix.first, "always": .always, "never": .never][scheme] else {
            throw step.unsupported("prepend_scheme", found: scheme, expected: "first, always or never")
          }
          spacePrefix = prefix
        case "Split":
          // Gemma: at spaces, of which none is left once the normalizer has replaced them.
          guard try step.member("pattern").optional("String")?.string() == " " else {
            throw step.unsupported("pattern", found: "another pattern", expected: "a space")
          }
        case let type: throw step.unsupported("type", found: type, expected: "Metaspace or Split")
        }
      }
      return
    }
    preTokenizer = try Self.byteLevelName(steps, node)
  }

  /// GGUF's name for a byte-level pre-tokenizer.
  private static func byteLevelName(_ steps: [JSONNode], _ node: JSONNode) throws(ModelFileError) -> String {
    var digits = false, pattern: String?, usesPattern: Bool?
    for step in steps {
      switch try step.member("type").string() {
      case "Digits" where try step.optional("individual_digits")?.bool() == true: digits = true
      case "Split":
        let parts = try step.member("pattern")
        guard let text = try parts.optional("Regex")?.string(), try step.member("behavior").string() == "Isolated",
          try step.optional("invert")?.bool() != true
        else { throw step.unsupported("pattern", found: "another rule", expected: "a Regex with Isolated") }
        pattern = text
      case "ByteLevel":
        guard try step.optional("add_prefix_space")?.bool() != true else {
          throw step.unsupported("add_prefix_space", found: "true", expected: "false")
        }
        usesPattern = try step.optional("use_regex")?.bool() ?? true
      case let type: throw step.unsupported("type", found: type, expected: "Digits, Split or ByteLevel")
      }
    }
    switch (digits, pattern, usesPattern) {
    case (false, nil, true?): return "gpt-2"
    case (true, nil, true?): return "smollm"
    case (false, casedPattern + "{1,3}" + casedPatternRest, false?): return "llama-bpe"
    case (false, casedPattern + casedPatternRest, false?): return "qwen2"
    case (false, bloomPattern, false?): return "bloom"
    default:
      throw node.unsupported(
        "pre_tokenizer", found: pattern ?? "no rule of this kind",
        expected: "that of GPT-2, SmolLM, Llama 3, Qwen2 or Bloom")
    }
  }
}

extension JSONNode {
  /// The steps of a `Sequence`, or this one alone.
  fileprivate func steps(_ key: String) throws(ModelFileError) -> [JSONNode] {
    guard try member("type").string() == "Sequence" else { return [self] }
    return try member(key).elements()
  }

  fileprivate func unsupported(_ key: String, found: String, expected: String) -> ModelFileError {
    .unsupported(path: path, place: "\(place), \"\(key)\"", found: found, expected: expected)
  }

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

  /// Whether the post-processor puts a token in front of a text.
  fileprivate func addsToken(_ token: String?) throws(ModelFileError) -> Bool {
    guard let token, let processor = try optional("post_processor") else { return false }
    for step in try processor.steps("processors") where try step.member("type").string() == "TemplateProcessing" {
      guard let first = try step.member("single").elements().first else { continue }
      if let special = try first.optional("SpecialToken") { return try special.member("id").string() == token }
    }
    return false
  }
}
