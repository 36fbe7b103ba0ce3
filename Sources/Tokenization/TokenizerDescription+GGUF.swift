package import ModelFiles

extension TokenizerDescription {
  /// The tokenizer that a GGUF file describes.
  /// - Throws: `ModelFileError` for a key that is missing or holds something else.
  package init(file: GGUFFile) throws(ModelFileError) {
    let kind = try file.string("tokenizer.ggml.model")
    let isSentencePiece = kind == "llama"
    let stated = try file.optionalString("tokenizer.ggml.pre") ?? "default"
    let tokens = try file.strings("tokenizer.ggml.tokens")
    let recognized = isSentencePiece || stated != "default" ? nil : Self.preTokenizer(of: tokens)
    // The rule of GPT-2 is what these files have been read by: it keeps its name, which is part of the model's hash.
    let preTokenizer = recognized == "gpt-2" ? stated : recognized ?? stated
    let rule = isSentencePiece ? nil : try? NamedPreTokenizer(preTokenizer)
    let hasPrefix = isSentencePiece ? try file.optionalBool("tokenizer.ggml.add_space_prefix") ?? true : false
    let tokenKinds = try file.optionalIntegers("tokenizer.ggml.token_type") ?? []
    let endOfSequence = try file.optionalInteger("tokenizer.ggml.eos_token_id") ?? (isSentencePiece ? 2 : nil)
    let endOfTurn = try file.optionalInteger("tokenizer.ggml.eot_token_id")
    let endOfMessage = try file.optionalInteger("tokenizer.ggml.eom_token_id")
    let ends = Set(Self.spelledEnds(of: tokens, kinds: tokenKinds) + [endOfMessage].compactMap(\.self))
    self.init(
      kind: kind,
      preTokenizer: preTokenizer,
      tokens: tokens,
      tokenKinds: tokenKinds,
      // Where a file of SentencePiece's kind has both, llama.cpp goes by the scores.
      merges: isSentencePiece ? [] : try file.optionalStrings("tokenizer.ggml.merges") ?? [],
      scores: isSentencePiece ? try file.optionalFloats("tokenizer.ggml.scores") ?? [] : [],
      spacePrefix: hasPrefix ? .everywhere : .never,
      composesCharacters: rule?.composesCharacters ?? false,
      takesWholeWords: rule?.takesWholeWords ?? false,
      beginningOfSequence: try file.optionalInteger("tokenizer.ggml.bos_token_id") ?? (isSentencePiece ? 1 : nil),
      endOfSequence: endOfSequence,
      endOfTurn: endOfTurn,
      otherEnds: ends.subtracting([endOfSequence, endOfTurn].compactMap(\.self)).sorted(),
      unknown: try file.optionalInteger("tokenizer.ggml.unknown_token_id") ?? (isSentencePiece ? 0 : nil),
      addsBeginningOfSequence: try file.optionalBool("tokenizer.ggml.add_bos_token")
        ?? (isSentencePiece || rule?.addsBeginning ?? false),
      chatTemplate: try file.optionalString("tokenizer.chat_template"))
    path = file.path
    if !isSentencePiece, stated == "default", recognized == nil {
      warnings.append(
        "\(file.path): tokenizer.ggml.pre is missing or \"default\", and the vocabulary is none that is known: text is "
          + "cut into words as GPT-2 does it. If the model was trained with another rule, its answers are worse; "
          + "convert it again with a newer llama.cpp")
    }
    if try file.optionalString("general.name").map(Self.isPhi3) ?? false { tokenFlags = phi3Flags() }
  }

  /// The rule of a vocabulary that is told by a token of its own at a place of its own: files from before
  /// `tokenizer.ggml.pre` have no name of a rule.
  private static func preTokenizer(of tokens: [String]) -> String? {
    let marks: [(id: Int, token: String, name: String)] = [
      (50_256, "<|endoftext|>", "gpt-2"), (128_000, "<|begin_of_text|>", "llama-bpe"),
      (151_643, "<|endoftext|>", "qwen2"), (1, "<|padding|>", "olmo"), (1, "<fim_prefix>", "starcoder"),
      (5, "<BOS_TOKEN>", "command-r"), (0, ">>TITLE<<", "falcon"),
      (100_000, "<\u{FF5C}begin\u{2581}of\u{2581}sentence\u{FF5C}>", "deepseek-llm"),
      (32_013, "<\u{FF5C}begin\u{2581}of\u{2581}sentence\u{FF5C}>", "deepseek-coder"),
      (0, "<\u{FF5C}begin\u{2581}of\u{2581}sentence\u{FF5C}>", "deepseek-v3"), (199_999, "<|endoftext|>", "gpt-4o"),
      (100_257, "<|endoftext|>", "dbrx"),
    ]
    return marks.first { tokens.indices.contains($0.id) && tokens[$0.id].utf8.elementsEqual($0.token.utf8) }?.name
  }

  private static func isPhi3(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.contains("phi-3") || name.contains("phi3")
  }

  /// The flags of Phi-3's tokens. GGUF has no place for flags; llama.cpp goes by the name of the model too
  /// (`llama-vocab.cpp`, "Handle per token attributes").
  private func phi3Flags() -> [Int: TokenFlags] {
    var flags: [Int: TokenFlags] = [:]
    for (id, token) in tokens.enumerated() {
      let isLiteral = tokenKinds.indices.contains(id) && [2, 3, 4].contains(tokenKinds[id])
      guard isLiteral || token == "</s>", !["<unk>", "<s>", "<|endoftext|>"].contains(token) else { continue }
      flags[id] = .stripsRight
    }
    return flags
  }
}
