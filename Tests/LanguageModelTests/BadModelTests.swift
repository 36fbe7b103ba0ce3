import Compute
import LanguageModel
import ModelFiles
import TestSupport
import Testing

/// Checkpoints that are sound files of models that can't be.
struct BadModelTests {
  /// What loading an edited checkpoint throws.
  private func error(_ edit: (inout ModelFileEdit) throws -> Void) throws -> any Error {
    var file = try ModelFileEdit()
    try edit(&file)
    return try withTemporaryFile(file.bytes) { path in
      try #require(throws: (any Error).self) {
        try LanguageModel(file: GGUFFile(path: path), context: ComputeContext(threads: 1))
      }
    }
  }

  private func isImpossible(_ error: any Error, key: String, found: String) -> Bool {
    guard case .impossible(let path, key, found, let expected)? = error as? LanguageModelError else { return false }
    return path.contains("antipode-test") && !expected.isEmpty
      && "\(error)".contains(path) && "\(error)".contains(key) && "\(error)".contains(found)
  }

  private func isMalformed(_ error: any Error, place: String) -> Bool {
    guard case .malformed(_, place, _, _)? = error as? ModelFileError else { return false }
    return true
  }

  @Test func theUneditedFileLoads() throws {
    try withTemporaryFile(ModelFileEdit().bytes) { path in
      _ = try LanguageModel(file: GGUFFile(path: path), context: ComputeContext(threads: 1))
    }
  }

  @Test func anArchitectureThatIsNotSupported() throws {
    let error = try error { try $0.set("general.architecture", to: "mamba") }
    guard case .unsupportedArchitecture(_, "general.architecture", "mamba", let known)? = error as? LanguageModelError
    else {
      Issue.record("\(error)")
      return
    }
    #expect(
      known == [
        "llama", "bloom", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "olmo2", "granite", "smollm3", "qwen3moe",
      ])
    #expect("\(error)".contains("general.architecture: found \"mamba\"") && "\(error)".contains("llama, bloom"))
  }

  @Test(arguments: [
    "blk.1.ffn_up.weight", "blk.0.attn_norm.weight", "token_embd.weight", "output_norm.weight", "blk.0.attn_q.weight",
  ]) func aMissingTensor(name: String) throws {
    let error = try error { try $0.rename(name, to: name.dropLast() + "x") }
    #expect(isMalformed(error, place: "tensor \"\(name)\""), "\(error)")
  }

  @Test(arguments: [
    "llama.block_count", "llama.attention.layer_norm_rms_epsilon", "llama.embedding_length",
    "llama.attention.head_count",
  ]) func aMissingKey(name: String) throws {
    let error = try error { try $0.rename(name, to: name.dropLast() + "x") }
    #expect(isMalformed(error, place: "metadata key \"\(name)\""), "\(error)")
  }

  @Test func aTensorOfAnotherShape() throws {
    let feedForward = try error { try $0.set("llama.feed_forward_length", to: 64) }
    #expect(isMalformed(feedForward, place: "tensor \"blk.0.ffn_gate.weight\""), "\(feedForward)")
    let width = try error { try $0.set("llama.embedding_length", to: 128) }
    #expect(isMalformed(width, place: "tensor \"token_embd.weight\""), "\(width)")
    let keyValueHeads = try error { try $0.set("llama.attention.head_count_kv", to: 4) }
    #expect(isMalformed(keyValueHeads, place: "tensor \"blk.0.attn_k.weight\""), "\(keyValueHeads)")
    let blocks = try error { try $0.set("llama.block_count", to: 3) }
    #expect(isMalformed(blocks, place: "tensor \"blk.2.attn_norm.weight\""), "\(blocks)")
  }

  @Test(
    arguments: [
      ("llama.attention.head_count", 0, "0"), ("llama.attention.head_count", 3, "3 heads on 2 of 21 for a width of 64"),
      ("llama.attention.head_count", .max, "4294967295"),
      ("llama.attention.head_count_kv", 0, "0"),
      ("llama.attention.head_count_kv", 3, "4 heads on 3 of 16 for a width of 64"),
      ("llama.block_count", 0, "0"), ("llama.block_count", 1 << 20, "1048576"),
      ("llama.block_count", .max, "4294967295"),
      ("llama.embedding_length", 0, "0"), ("llama.embedding_length", .max, "4294967295"),
      ("llama.feed_forward_length", 0, "0"), ("llama.context_length", 0, "0"),
      ("llama.rope.dimension_count", 7, "7"), ("llama.rope.dimension_count", 18, "18"),
      ("llama.rope.freq_base", Float(1).bitPattern, "1.0"), ("llama.rope.freq_base", Float(-5).bitPattern, "-5.0"),
      ("llama.attention.layer_norm_rms_epsilon", Float(-1).bitPattern, "-1.0"),
      ("llama.attention.layer_norm_rms_epsilon", Float(2).bitPattern, "2.0"),
    ] as [(String, UInt32, String)]) func anImpossibleNumber(key: String, value: UInt32, found: String) throws
  {
    let error = try error { try $0.set(key, to: value) }
    // A wrong number of key-value heads is told under the heads' key, since the two are wrong together.
    let place = found.contains("heads") ? "llama.attention.head_count" : key
    #expect(isImpossible(error, key: place, found: found), "\(error)")
  }

  @Test(
    arguments: [
      ("llama.expert_count", 8, "found 8: this is a mixture of experts"),
      ("llama.attention.clamp_kqv", 8, "expected a finite number"), ("llama.rope.dimension_count", 16, "two entries"),
    ] as [(String, UInt32, String)]) func aKeyThatIsAdded(key: String, value: UInt32, part: String) throws
  {
    let error = try error { $0.add(key, value) }
    #expect("\(error)".contains(key) && "\(error)".contains(part), "\(error)")
  }

  @Test func aKeyWithoutInfluenceIsAdded() throws {
    var file = try ModelFileEdit()
    file.add("llama.expert_count", 0)
    try withTemporaryFile(file.bytes) { path in
      _ = try LanguageModel(file: GGUFFile(path: path), context: ComputeContext(threads: 1))
    }
  }

  @Test(arguments: [Float.nan, .infinity]) func aNormWeightThatIsNoNumber(value: Float) throws {
    let file = try GGUFFile(path: TinyModel.f32.path)
    let old = file.withBytes(of: try file.tensor("blk.1.attn_norm.weight")) { Array($0) }
    let bad = withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    let error = try error { try $0.replace(old, by: Array(old.dropLast(4)) + bad) }
    #expect(isImpossible(error, key: "tensor blk.1.attn_norm.weight", found: "a value that is not a finite number"))
  }

  @Test func messagesSayWhatToDo() {
    let errors: [LanguageModelError] = [
      .unsupportedArchitecture(path: "m.gguf", key: "general.architecture", found: "x", supported: ["llama"]),
      .impossible(path: "m.gguf", key: "k", found: "1", expected: "2"), .tooLong(positions: 300, limit: 256),
      .unknownToken(id: 96, vocabularySize: 96),
    ]
    let parts = [
      ["m.gguf", "\"x\"", "llama"], ["m.gguf", "k: found 1, expected 2"], ["300", "256"], ["Token 96 ", "of 96"],
    ]
    for (error, parts) in zip(errors, parts) {
      for part in parts { #expect("\(error)".contains(part), "\(error)") }
    }
  }
}
