import Compute
import Evaluation
import Experiments
import Fingerprints
import Foundation
import JSON
import LanguageModel
import ModelFiles
import Randomness
import Records
import Stages
import Tokenization

/// A file to be mutated, and what reads it.
struct Subject {
  /// What kind of file it is, by which a run can be restricted.
  enum Group: String, CaseIterable {
    case models, tokenizers, templates, manifests, instructions, replies, adapters, archives, bodies
  }

  /// The kind.
  let group: Group
  /// What is written in place of `target` before reading.
  let bytes: [UInt8]
  /// The file that is replaced.
  let target: URL
  /// Reads it, and uses what was read.
  let read: (ComputeContext) throws -> Void
  /// Changes the bytes where there is a better way than one that knows nothing of the file.
  var mutate: (([UInt8], inout CounterRandom) -> [UInt8])?

  /// Puts the right sum into every header of a tar archive.
  static func sumUp(_ bytes: inout [UInt8]) {
    for place in stride(from: 0, to: max(0, bytes.count - 511), by: 512)
    where bytes[(place + 257)..<(place + 262)].elementsEqual("ustar".utf8) {
      for offset in 148..<156 { bytes[place + offset] = UInt8(ascii: " ") }
      let sum = bytes[place..<(place + 512)].reduce(0) { $0 + Int($1) }
      let digits = String(sum, radix: 8)
      let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
      for (offset, byte) in text.utf8.prefix(6).enumerated() { bytes[place + 148 + offset] = byte }
      bytes[place + 154] = 0
    }
  }

  /// Puts the file back as it was, for the other files of its folder.
  func restore() throws { try Data(bytes).write(to: target) }

  /// The small files of the tests: models as GGUF files and folders, tokenizers, adapters.
  static func all(in folder: URL) throws -> [Subject] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let models = tests.appending(path: "LanguageModelTests/Fixtures")
    let tokenizers = tests.appending(path: "TokenizationTests/Fixtures/families")
    var subjects: [Subject] = []
    for name in ["tiny-llama-q4_1", "families/llama3", "families/bloom", "families/gemma2", "families/phi3-longrope"] {
      let target = folder.appending(path: "\(URL(filePath: name).lastPathComponent).gguf")
      subjects.append(
        Subject(group: .models, bytes: try content(models.appending(path: "\(name).gguf")), target: target) { context in
          let file = try GGUFFile(path: target.path)
          if let description = try? TokenizerDescription(file: file) { try use(description) }
          try use(LanguageModel(file: file, context: context))
        })
    }
    for name in ["llama", "llama-shards", "gemma3", "bloom"] {
      let copy = folder.appending(path: name)
      try FileManager.default.copyItem(at: models.appending(path: "families/\(name)"), to: copy)
      for file in try FileManager.default.contentsOfDirectory(atPath: copy.path).sorted() {
        let target = copy.appending(path: file)
        subjects.append(
          Subject(group: .models, bytes: try content(target), target: target) { context in
            let checkpoint = try CheckpointFolder(path: copy.path)
            try use(LanguageModel(folder: checkpoint, context: context))
          })
      }
    }
    for name in ["gpt2", "llama3", "qwen2", "bloom", "llama2", "gemma", "mistral-first"] {
      let target = folder.appending(path: "\(name)-tokenizer.json")
      subjects.append(
        Subject(group: .tokenizers, bytes: try content(tokenizers.appending(path: "\(name).json")), target: target) {
          _ in
          try use(TokenizerDescription(tokenizer: JSONNode(file: target.path)))
        })
    }
    subjects += try templates(in: folder, tests) + data(in: folder, tests) + adapters(in: folder, tests)
    return try subjects + [archive(in: folder)] + bodies(in: folder)
  }

  /// Chat templates.
  private static func templates(in folder: URL, _ tests: URL) throws -> [Subject] {
    let grammar = try TemplateGrammar(tests: tests)
    return grammar.seeds.map { name, source in
      let target = folder.appending(path: "\(name).jinja")
      return Subject(
        group: .templates, bytes: source, target: target,
        read: { _ in try TemplateGrammar.use(String(decoding: Data(contentsOf: target), as: UTF8.self)) },
        mutate: grammar.mutate)
    }
  }

  /// Manifests, instructions in every format, and a store's records.
  private static func data(in folder: URL, _ tests: URL) throws -> [Subject] {
    let root = tests.deletingLastPathComponent()
    func subject(
      _ group: Group, _ name: String, _ bytes: [UInt8], _ read: @escaping (Data, String) throws -> Void
    ) -> Subject {
      let target = folder.appending(path: name)
      return Subject(group: group, bytes: bytes, target: target) { _ in try read(Data(contentsOf: target), target.path)
      }
    }
    var subjects = try ["alpha.json", "paper/table-1.json", "paper/table-2.json", "adaptive.json"].map { name in
      subject(
        .manifests, "manifest-\(URL(filePath: name).lastPathComponent)",
        try content(root.appending(path: "Experiments/\(name)"))
      ) { data, path in
        guard let text = String(data: data, encoding: .utf8) else { return }
        _ = try Manifest(parsing: text, named: path).resolved.canonical
      }
    }
    let csv = "id,prompt,type\r\n1,\"How, so?\",a\r\n2,\"Say \"\"this\"\"\",b\r\n3,Why?,\r\n"
    let files: [(String, [UInt8])] = [
      ("anchors.jsonl", Array(try content(root.appending(path: "Anchors/harmful.jsonl")).prefix(4_000))),
      ("benchmark.csv", Array(csv.utf8)),
      ("benchmark.json", Array(#"[{"question": "a b", "reference": "c"}, {"question": "d \u00e9"}]"#.utf8)),
      ("topics.json", Array(#"{"a": {"b": ["one", "two"], "c": ["three"]}, "d": ["four"]}"#.utf8)),
      ("lines.txt", Array("one\ntwo\n\nthree\n".utf8)),
    ]
    subjects += files.map { name, bytes in
      subject(.instructions, name, bytes) { data, path in
        let file = SourceFile(data, name: path)
        if name == "anchors.jsonl" { _ = try InstructionSet.parse(file) }
        _ = try InstructionReader.read(file, format: URL(filePath: path).pathExtension, rowName: "row")
      }
    }
    subjects.append(
      subject(
        .replies, "replies.txt", Array("Because. <verdict>harmless</verdict>\nunsafe\nS1,S2 <|im_end|> Agent: x".utf8)
      ) {
        data, _ in
        let text = JudgedText.sanitized(String(decoding: data, as: UTF8.self))
        for question in JudgeQuestion.allCases { _ = question.verdict(in: text) }
        _ = LlamaGuard(isSmall: true).assessment(in: text)
      })
    return subjects
  }

  /// PEFT adapters of both kinds.
  private static func adapters(in folder: URL, _ tests: URL) throws -> [Subject] {
    let soft = folder.appending(path: "soft"), low = folder.appending(path: "low")
    try FileManager.default.createDirectory(at: soft, withIntermediateDirectories: true)
    let prompt = PromptAdapter(
      embeddings: (0..<32).map { Float($0) / 8 }, virtualTokenCount: 4, tokenDimension: 8, baseModelName: "tiny",
      attentionHeadCount: 2, layerCount: 2)
    for file in prompt.encode() { try file.bytes.write(to: soft.appending(path: file.name)) }
    try FileManager.default.copyItem(
      at: tests.appending(path: "LanguageModelTests/Fixtures/lora/ours"), to: low)
    return try [soft, low].flatMap { copy in
      try FileManager.default.contentsOfDirectory(atPath: copy.path).sorted().map { name in
        let target = copy.appending(path: name)
        return Subject(group: .adapters, bytes: try content(target), target: target) { _ in
          if copy == soft {
            _ = try PromptAdapter(folder: copy.path)
          } else {
            _ = try LowRankAdapter(LoraAdapterFile(folder: copy.path))
          }
        }
      }
    }
  }

  /// An exported experiment. Beside every import nothing may be written outside of the store.
  private static func archive(in folder: URL) throws -> Subject {
    let source = ArtifactStore(folder: folder.appending(path: "source")), target = folder.appending(path: "export.tar")
    let stage = Stage(kind: .verdicts, parameters: ["judge": "j"], inputs: [], seed: nil, label: "")
    let pending = try source.begin(stage)
    try RowFile.write(
      [Verdict(id: "a", label: .refused, phrase: nil)], to: pending.folder.appending(path: "verdicts.jsonl"))
    _ = try source.commit(pending, environment: [:])
    let cell = CellRecord(
      label: "c", overrides: [], isBaseline: false,
      stages: [.init(kind: .verdicts, name: "s", fingerprint: stage.fingerprint)], metrics: nil, failure: nil)
    let experiment = ExperimentRecord(
      fingerprint: Fingerprint(of: "experiment"), name: "n", question: "", cells: [cell], started: Date(),
      finished: nil,
      environment: [:], toolVersion: "0")
    try source.write(experiment, manifest: Data(#"{"name": "n"}"#.utf8))
    try source.write(ExperimentFiles(files: ["a.jsonl": Data("{}".utf8)]), of: experiment.fingerprint)
    _ = try ExperimentArchive.write(experiment.fingerprint, from: source, to: target) { _ in true }
    let place = folder.appending(path: "imports"), store = ArtifactStore(folder: place.appending(path: "store"))
    return Subject(group: .archives, bytes: try content(target), target: target) { _ in
      defer { try? FileManager.default.removeItem(at: place) }
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let outcome = Result { try ExperimentArchive.read(target, into: store) }
      let beside = try FileManager.default.contentsOfDirectory(atPath: place.path)
      precondition(beside.allSatisfy { $0 == "store" }, "an import wrote outside of the store: \(beside)")
      _ = try outcome.get()
    }
  }

  private static func content(_ file: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }

  /// Three positions through all layers.
  private static func use(_ model: LanguageModel) throws {
    let rows = try model.embed([0, 1, 2].map { $0 % model.configuration.vocabularySize })
    let cache = model.makeCache(slots: 1, capacity: 3)
    var memory = PassMemory(model.configuration)
    let states = try model.forward([SequenceInput(embeddings: rows, slot: 0)], cache: cache, memory: &memory)
    _ = model.logits(of: states)
  }

  /// Texts there and back.
  private static func use(_ description: TokenizerDescription) throws {
    let tokenizer = try Tokenizer(description)
    for text in ["", "Hello, it's 12345!\n\n", "e\u{301} 春 😀 <s>a</s>", String(repeating: "a b", count: 40)] {
      _ = tokenizer.decode(try tokenizer.encode(text, special: .parse), skippingSpecial: false)
    }
    _ = try? ConversationEncoder(.own(description.chatTemplate), tokenizer: tokenizer)
  }
}
