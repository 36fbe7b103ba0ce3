import Foundation
import ModelFiles
import Testing

@testable import Tokenization

/// What the descriptions of files say beside their steps: names, what follows from them, warnings, refusals.
struct TokenizerDescriptionTests {
  /// A GGUF file of version 3 without tensors.
  private func gguf(_ texts: [String: String], tokens: [String], kinds: [Int32]? = nil) throws -> TokenizerDescription {
    func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
    func text(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + text.utf8 }
    func list(_ name: String, _ type: UInt32, _ count: Int, _ elements: [UInt8]) -> [UInt8] {
      text(name) + little(UInt32(9)) + little(type) + little(UInt64(count)) + elements
    }
    var members = texts.sorted { $0.key < $1.key }.map { text($0.key) + little(UInt32(8)) + text($0.value) }
    members.append(list("tokenizer.ggml.tokens", 8, tokens.count, tokens.flatMap(text)))
    if let kinds { members.append(list("tokenizer.ggml.token_type", 5, kinds.count, kinds.flatMap { little($0) })) }
    let file =
      Array("GGUF".utf8) + little(UInt32(3)) + little(UInt64(0)) + little(UInt64(members.count)) + members.joined()
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).gguf")
    try Data(file).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    return try TokenizerDescription(file: GGUFFile(path: path.path))
  }

  private func json(_ change: (inout [String: Any]) -> Void) throws -> TokenizerDescription {
    var file: [String: Any] = [
      "added_tokens": [["content": "<s>", "id": 2, "special": true]],
      "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false],
      "model": ["type": "BPE", "vocab": ["a": 0, "b": 1], "merges": [String]()],
    ]
    change(&file)
    let text = try JSONSerialization.data(withJSONObject: file)
    return try TokenizerDescription(tokenizer: JSONNode(parsing: Array(text), path: "t.json", place: "file"))
  }

  @Test(arguments: [
    ("llama-bpe", true, true, false), ("llama3", true, true, false), ("llama-v3", true, true, false),
    ("tekken", true, true, false), ("dbrx", false, false, false), ("qwen2", false, false, true),
    ("deepseek-r1-qwen", false, false, true), ("gpt-2", false, false, false),
  ]) func whatFollowsFromAName(name: String, wholeWords: Bool, beginning: Bool, composes: Bool) throws {
    let file = try gguf(["tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": name], tokens: ["a"])
    #expect(file.preTokenizer == name && file.warnings.isEmpty)
    #expect(file.takesWholeWords == wholeWords && file.addsBeginningOfSequence == beginning)
    #expect(file.composesCharacters == composes)
  }

  @Test func aVocabularyWithoutANameIsRecognizedOrWarnedOf() throws {
    let model = ["tokenizer.ggml.model": "gpt2"]
    let starCoder = try gguf(model, tokens: ["<|endoftext|>", "<fim_prefix>", "a"])
    #expect(starCoder.preTokenizer == "starcoder" && starCoder.warnings.isEmpty)
    let neoX = try gguf(model, tokens: ["<|endoftext|>", "<|padding|>", "a"])
    #expect(neoX.preTokenizer == "olmo" && neoX.composesCharacters)
    let gpt2 = try gguf(model, tokens: (0..<50_256).map { "t\($0)" } + ["<|endoftext|>"])
    #expect(gpt2.preTokenizer == "default" && gpt2.warnings.isEmpty)
    for texts in [model, model.merging(["tokenizer.ggml.pre": "default"]) { $1 }] {
      let unknown = try gguf(texts, tokens: ["a", "b"])
      #expect(unknown.preTokenizer == "default" && unknown.warnings.count == 1)
      #expect(unknown.warnings[0].contains(".gguf: tokenizer.ggml.pre is missing"))
    }
    #expect(try gguf(["tokenizer.ggml.model": "llama"], tokens: ["a"]).warnings.isEmpty)
  }

  /// llama.cpp's list: control and user-defined tokens alone, and `<|end|>` not where calls have an end of their own.
  @Test func endsAreKnownByTheirSpelling() throws {
    func ends(_ tokens: [String], kinds: [Int32]? = nil) throws -> [Int] {
      try gguf(["tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "llama-bpe"], tokens: tokens, kinds: kinds)
        .otherEnds
    }
    let llama3 = ["a", "<|end_of_text|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"]
    #expect(try ends(llama3) == [1, 2, 3])
    #expect(try ends(llama3, kinds: [1, 3, 3, 4, 3]) == [1, 2, 3])
    #expect(try ends(llama3, kinds: [1, 3, 1, 3, 3]) == [1, 3])
    #expect(try ends(["<|end|>", "<|return|>", "b", "<|endoftext|>"]) == [0, 1, 3])
    #expect(try ends(["<|end|>", "<|return|>", "<|call|>"]) == [1, 2])
    #expect(
      try ends(["<end_of_turn>", "<\u{FF5C}end\u{2581}of\u{2581}sentence\u{FF5C}>", "</s>", "<s>"]) == [0, 1, 2])
    // Its own end of sequence is none of the others.
    #expect(try gguf(["tokenizer.ggml.model": "llama"], tokens: ["<unk>", "<s>", "</s>", "<EOT>"]).otherEnds == [3])
  }

  /// As llama.cpp has it: all that is cut out whole takes the white space behind it along, except these three.
  @Test func phi3IsKnownByName() throws {
    let tokens = ["<unk>", "<s>", "</s>", "<|endoftext|>", "<|user|>", "a"], kinds: [Int32] = [2, 3, 1, 3, 4, 1]
    let file = try gguf(
      ["tokenizer.ggml.model": "llama", "general.name": "Phi-3 mini"], tokens: tokens, kinds: kinds)
    #expect(file.tokenFlags == [2: .stripsRight, 4: .stripsRight])
    #expect(
      try gguf(["tokenizer.ggml.model": "llama", "general.name": "Phi 4"], tokens: tokens, kinds: kinds).tokenFlags
        .isEmpty
    )
  }

  /// Flags that change no ids are not part of what the model is known by.
  @Test func normalizedCountsOnlyWhereThereIsANormalForm() throws {
    func flags(_ normalizer: Any?) throws -> [Int: TokenFlags] {
      try json {
        $0["added_tokens"] = [["content": "<s>", "id": 2, "special": true, "normalized": true, "lstrip": true]]
        $0["normalizer"] = normalizer
      }.effectiveTokenFlags
    }
    #expect(try flags(nil) == [2: .stripsLeft])
    #expect(try flags(["type": "NFC"]) == [2: [.stripsLeft, .normalized]])
    #expect(try flags(["type": "Lowercase"]) == [2: [.stripsLeft, .normalized]])
  }

  @Test(arguments: [
    (#"{"normalizer": {"type": "NFKC"}}"#, "NFKC"), (#"{"normalizer": {"type": "Precompiled"}}"#, "Precompiled"),
    (#"{"pre_tokenizer": {"type": "UnicodeScripts"}}"#, "UnicodeScripts"),
    (#"{"pre_tokenizer": {"type": "Whitespace"}}"#, "no ByteLevel"),
    (#"{"decoder": {"type": "WordPiece"}}"#, "WordPiece"), (#"{"decoder": {"type": "Metaspace"}}"#, "Metaspace"),
    (
      #"{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated", "invert": false}}"#,
      "a group without an end"
    ),
    (
      #"{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Joined", "invert": false}}"#,
      "Joined"
    ),
    (#"{"model": {"type": "Unigram", "vocab": []}}"#, "Unigram"),
    (#"{"model": {"vocab": {"a": 0, "b": 1}, "merges": [], "dropout": 0.1}}"#, "dropout"),
    (#"{"model": {"vocab": {"a": 0, "b": 1}, "merges": [], "end_of_word_suffix": "</w>"}}"#, "</w>"),
    (#"{"model": {"vocab": {"a": 0, "b": 1}, "merges": [], "continuing_subword_prefix": "@@"}}"#, "@@"),
    (#"{"model": {"vocab": {"a": 0, "b": 1}, "merges": [], "byte_fallback": true}}"#, "byte_fallback"),
    (#"{"model": {"vocab": {"a": 0, "b": 1}, "merges": [], "unk_token": "<u>"}}"#, "<u>"),
  ]) func whatIsNotDoneIsRefusedByName(change: String, name: String) throws {
    let members = try #require(try JSONSerialization.jsonObject(with: Data(change.utf8)) as? [String: Any])
    let error = try #require(throws: ModelFileError.self) { try json { $0.merge(members) { $1 } } }
    guard case .unsupported(let path, _, _, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(path == "t.json" && error.description.contains(name), "\(error)")
  }

  @Test func optionsThatChangeNothingAreTaken() throws {
    let file = try json {
      $0["model"] = [
        "vocab": ["a": 0, "b": 1], "merges": [String](), "dropout": 0.0, "end_of_word_suffix": "",
        "continuing_subword_prefix": "", "unk_token": NSNull(), "fuse_unk": false,
      ]
      $0["decoder"] = ["type": "ByteLevel"]
    }
    #expect(file.preTokenizer == "gpt-2" && file.rules == nil && file.unknownText == nil && file.dropsFirstSpace == nil)
  }

  @Test func whatAPostProcessorPutsInFront() throws {
    func description(_ names: [String]) throws -> TokenizerDescription {
      let pieces: [[String: Any]] =
        names.map { ["SpecialToken": ["id": $0, "type_id": 0]] } + [["Sequence": ["id": "A"]]]
      let file: [String: Any] = [
        "added_tokens": [
          ["content": "<s>", "id": 2, "special": true], ["content": "<g>", "id": 3, "special": true],
        ],
        "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false],
        "post_processor": ["type": "TemplateProcessing", "single": pieces],
        "model": ["type": "BPE", "vocab": ["a": 0, "b": 1], "merges": [String]()],
      ]
      func node(_ object: Any) throws -> JSONNode {
        try JSONNode(
          parsing: Array(JSONSerialization.data(withJSONObject: object)), path: "t.json", place: "file")
      }
      return try TokenizerDescription(tokenizer: node(file), configuration: node(["bos_token": "<s>"]))
    }
    #expect(try description(["<s>"]).addsBeginningOfSequence && description(["<s>"]).warnings.isEmpty)
    #expect(try !description([]).addsBeginningOfSequence && description([]).warnings.isEmpty)
    let other = try description(["<g>", "<s>"])
    #expect(!other.addsBeginningOfSequence && other.warnings.count == 1 && other.warnings[0].contains("<g> <s>"))
  }

  @Test func errorsNameTheirFile() throws {
    func message(_ description: TokenizerDescription) throws -> String {
      try #require(throws: TokenizationError.self) { try Tokenizer(description) }.description
    }
    let file = try gguf(["tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "kimi-k2"], tokens: ["a"])
    let path = try #require(file.path)
    #expect(try message(file).hasPrefix("\(path): tokenizer.ggml.pre: found \"kimi-k2\", expected \"gpt-2\" or "))
    let folder = try json { $0["model"] = ["vocab": ["a": 0, "b": 1], "merges": ["a b"]] }
    #expect(try message(folder).hasPrefix("t.json: model, merges[0]: found \"a b\", but \"ab\" is not"))
    var unnamed = folder
    unnamed.path = nil
    #expect(try message(unnamed).hasPrefix("tokenizer.ggml.merges[0]: found"))
  }

  /// The text that stands for the steps in a model's hash tells all of them apart.
  @Test func stepsHaveATextOfTheirOwn() {
    let steps: [PreTokenizerStep] =
      SplitBehavior.allCases.flatMap { behavior -> [PreTokenizerStep] in
        [
          .split(.text("a"), behavior), .split(.regex("a"), behavior), .split(.text("a"), behavior, isInverted: true),
          .punctuation(behavior),
        ]
      } + [
        .byteLevel(), .byteLevel(addsSpace: true), .byteLevel(usesPattern: false), .digits(individually: true),
        .digits(individually: false), .metaspace("_", .first, splits: true), .metaspace("_", .first, splits: false),
        .metaspace("_", .always, splits: true), .whitespace, .whitespaceSplit,
      ]
    let normalizers: [NormalizerStep] = [
      .nfc, .nfd, .lowercase, .prepend("a"), .prepend("b"), .replace(.text("a"), "b"), .replace(.regex("a"), "b"),
      .replace(.text("a"), "c"), .strip(left: true, right: false), .strip(left: false, right: true),
    ]
    let rules =
      steps.map { TokenizerRules(preTokenizers: [$0]) }
      + normalizers.map { TokenizerRules(normalizers: [$0], preTokenizers: []) } + [
        TokenizerRules(preTokenizers: [.whitespace, .byteLevel()]),
        TokenizerRules(preTokenizers: [.byteLevel(), .whitespace]),
      ]
    #expect(Set(rules.map(\.canonicalText)).count == rules.count)
    #expect(
      TokenizerRules(normalizers: [.nfc], preTokenizers: [.split(.regex("é"), .isolated), .byteLevel()]).canonicalText
        == "NFC\n|\nSplit Regex 2:é Isolated false\nByteLevel false true")
  }
}
