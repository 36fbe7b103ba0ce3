package import ModelFiles

extension TokenizerDescription {
  /// The tokenizer that a GGUF file describes.
  /// - Throws: `ModelFileError` for a key that is missing or holds something else.
  package init(file: GGUFFile) throws(ModelFileError) {
    let kind = try file.string("tokenizer.ggml.model")
    let isSentencePiece = kind == "llama"
    let preTokenizer = try file.optionalString("tokenizer.ggml.pre") ?? "default"
    let hasPrefix = isSentencePiece ? try file.optionalBool("tokenizer.ggml.add_space_prefix") ?? true : false
    self.init(
      kind: kind,
      preTokenizer: preTokenizer,
      tokens: try file.strings("tokenizer.ggml.tokens"),
      tokenKinds: try file.optionalIntegers("tokenizer.ggml.token_type") ?? [],
      // Where a file of SentencePiece's kind has both, llama.cpp goes by the scores.
      merges: isSentencePiece ? [] : try file.optionalStrings("tokenizer.ggml.merges") ?? [],
      scores: isSentencePiece ? try file.optionalFloats("tokenizer.ggml.scores") ?? [] : [],
      spacePrefix: hasPrefix ? .everywhere : .never,
      composesCharacters: preTokenizer == "qwen2",
      takesWholeWords: preTokenizer == "llama-bpe",
      beginningOfSequence: try file.optionalInteger("tokenizer.ggml.bos_token_id") ?? (isSentencePiece ? 1 : nil),
      endOfSequence: try file.optionalInteger("tokenizer.ggml.eos_token_id") ?? (isSentencePiece ? 2 : nil),
      endOfTurn: try file.optionalInteger("tokenizer.ggml.eot_token_id"),
      otherEnds: [try file.optionalInteger("tokenizer.ggml.eom_token_id")].compactMap(\.self),
      unknown: try file.optionalInteger("tokenizer.ggml.unknown_token_id") ?? (isSentencePiece ? 0 : nil),
      addsBeginningOfSequence: try file.optionalBool("tokenizer.ggml.add_bos_token")
        ?? (isSentencePiece || preTokenizer == "llama-bpe"),
      chatTemplate: try file.optionalString("tokenizer.chat_template"))
    if try file.optionalString("general.name").map(Self.isPhi3) ?? false { tokenFlags = phi3Flags() }
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
