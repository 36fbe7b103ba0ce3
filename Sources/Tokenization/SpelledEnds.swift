extension TokenizerDescription {
  /// The tokens that end an answer by how they are spelled.
  ///
  /// A GGUF file names one end of sequence, and at best one end of a turn and of a message; models have more of them
  /// than that: where Llama 3.1 calls a tool, it ends with `<|eom_id|>`. llama.cpp goes by the spelling too
  /// (`llama-vocab.cpp`, `special_eog_ids`); what it stops at for filling in the middle is not among these.
  /// - Parameter kinds: GGUF's `tokenizer.ggml.token_type`; empty where the file has none.
  static func spelledEnds(of tokens: [String], kinds: [Int]) -> [Int] {
    var ends: [String: Int] = [:]
    let openings = Set("<[_".utf8)
    for (id, token) in tokens.enumerated() {
      guard let first = token.utf8.first, openings.contains(first), spellings.contains(token) else { continue }
      // 3 is a control token, 4 a user-defined one. A word of the vocabulary is none, whatever it looks like.
      guard kinds.isEmpty || kinds.indices.contains(id) && [3, 4].contains(kinds[id]) else { continue }
      ends[token] = ends[token] ?? id
    }
    // There `<|end|>` stands behind each message of an answer, its reasoning too.
    let hasCalls = ends["<|call|>"] != nil || ends["<|calls|>"] != nil
    if hasCalls, ends["<|return|>"] != nil || ends["<|flush|>"] != nil { ends["<|end|>"] = nil }
    return ends.values.sorted()
  }

  private static let spellings: Set<String> = [
    "</s>", "<eos>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "[e~[", "<turn|>", "<end_of_turn>", "<end_of_utterance>",
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|return|>", "<|call|>", "<|calls|>", "<|flush|>",
    "<|endoftext|>", "<|end_of_text|>", "<|tool_response>", "<\u{FF5C}end\u{2581}of\u{2581}sentence\u{FF5C}>",
  ]
}
