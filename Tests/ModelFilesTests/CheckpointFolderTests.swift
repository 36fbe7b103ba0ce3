import Foundation
import Testing

@testable import ModelFiles

/// Hugging Face folders, and what can be wrong with them.
struct CheckpointFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder(inMemory: true) }

  /// A copy of a committed checkpoint.
  private func copy(_ name: String) throws -> String {
    let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "LanguageModelTests/Fixtures/families/\(name)")
    let path = "\(folder.path)/\(name)"
    try FileManager.default.copyItem(atPath: source.path, toPath: path)
    return path
  }

  private func message(_ path: String) throws -> String {
    "\(try #require(throws: ModelFileError.self) { try CheckpointFolder(path: path) })"
  }

  private func edit(_ file: String, _ change: (String) -> String) throws {
    try Data(change(String(contentsOfFile: file, encoding: .utf8)).utf8).write(to: URL(filePath: file))
  }

  @Test func shardsGiveTheTensorsOfTheSingleFile() throws {
    let single = try CheckpointFolder(path: copy("llama")), shards = try CheckpointFolder(path: copy("llama-shards"))
    #expect(single.tensors.keys.sorted() == shards.tensors.keys.sorted() && single.tensors.count == 21)
    for name in single.tensors.keys.sorted() {
      let bytes = try [single, shards].map { folder in
        folder.withBytes(of: try folder.tensor(name)) { Array($0) }
      }
      #expect(bytes[0] == bytes[1], "\(name)")
    }
    #expect(shards.files.count == 5 && single.files == ["config.json", "model.safetensors"])
  }

  @Test func aTensorOfAnotherShapeOrNoneIsNamed() throws {
    let folder = try CheckpointFolder(path: copy("llama"))
    let shape = try #require(throws: ModelFileError.self) { try folder.tensor("model.norm.weight", shape: [31]) }
    #expect("\(shape)".contains("model.norm.weight") && "\(shape)".contains("[32]") && "\(shape)".contains("[31]"))
    let none = try #require(throws: ModelFileError.self) { try folder.tensor("model.x") }
    #expect("\(none)".contains("model.x"))
  }

  @Test func releasedBytesCanBeReadAgain() throws {
    let folder = try CheckpointFolder(path: copy("llama"))
    let tensor = try folder.tensor("model.embed_tokens.weight")
    let before = folder.withBytes(of: tensor) { Array($0) }
    folder.release(tensor)
    #expect(folder.withBytes(of: tensor) { Array($0) } == before)
  }

  @Test func whatIsMissingIsNamed() throws {
    let path = try copy("llama-shards")
    try FileManager.default.removeItem(atPath: "\(path)/model-00002-of-00002.safetensors")
    let shard = try message(path)
    #expect(shard.contains("model-00002-of-00002.safetensors") && shard.contains("not in the folder"), "\(shard)")
    try FileManager.default.removeItem(atPath: "\(path)/model.safetensors.index.json")
    #expect(try message(path).contains("neither model.safetensors nor"))
    try Data().write(to: URL(filePath: "\(path)/pytorch_model.bin"))
    #expect(try message(path).contains("save the model as safetensors"))
    try FileManager.default.removeItem(atPath: "\(path)/config.json")
    #expect(try message(path).contains("config.json"))
    let tokenizer = try #require(throws: ModelFileError.self) { try CheckpointFolder(path: copy("llama")).tokenizer() }
    #expect("\(tokenizer)".contains("tokenizer.json"))
  }

  @Test func anIndexThatContradictsItsShardsIsRefused() throws {
    let path = try copy("llama-shards"), index = "\(path)/model.safetensors.index.json"
    try edit(index) { $0.replacing("model.norm.weight", with: "model.other.weight") }
    let other = try message(path)
    #expect(other.contains("model.other.weight") && other.contains("no such tensor"), "\(other)")
    try edit(index) { $0.replacing("model-00001-of", with: "../model-00001-of") }
    #expect(try message(path).contains("the name of a file"))
    try edit(index) { _ in "{\"weight_map\": [" }
    #expect(try message(path).contains("index.json"))
  }

  @Test func tensorsOfOtherTypesMatterOnlyToWhoAsksForThem() throws {
    let path = "\(folder.path)/mixed"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data("{}".utf8).write(to: URL(filePath: "\(path)/config.json"))
    let header =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"I64","shape":[1],"data_offsets":[4,12]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    bytes += [0, 0, 0x80, 0x3F] + [UInt8](repeating: 0, count: 8)
    try Data(bytes).write(to: URL(filePath: "\(path)/model.safetensors"))
    let folder = try CheckpointFolder(path: path)
    #expect(folder.withBytes(of: try folder.tensor("a")) { dequantize($0, format: .float32, count: 1) } == [1])
    let error = try #require(throws: ModelFileError.self) { try folder.tensor("b") }
    #expect("\(error)".contains("I64") && "\(error)".contains("F32, F16, BF16"))
  }

  /// A folder of an empty configuration and safetensors files.
  private func make(_ files: [String: [String: SafetensorsTensor]], index: String? = nil) throws -> String {
    let path = "\(folder.path)/made-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try write("{}", to: "\(path)/config.json")
    for (name, tensors) in files {
      try SafetensorsFile.encode(tensors).write(to: URL(filePath: "\(path)/\(name)"))
    }
    if let index { try write("{\"weight_map\":\(index)}", to: "\(path)/model.safetensors.index.json") }
    return path
  }

  private func write(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(filePath: file))
  }

  private static let one = SafetensorsTensor(shape: [1], values: [1])
  private static let two = SafetensorsTensor(shape: [1], values: [2])

  @Test func singleNumbersAndEmptyTensorsAreTakenAsTheyAre() throws {
    let scalar = SafetensorsTensor(shape: [], values: [7]), empty = SafetensorsTensor(shape: [0, 4], values: [])
    let folder = try CheckpointFolder(path: make(["model.safetensors": ["s": scalar, "e": empty, "a": Self.one]]))
    let tensor = try folder.tensor("s", shape: [])
    #expect(folder.withBytes(of: tensor) { dequantize($0, format: .float32, count: tensor.elementCount) } == [7])
    #expect(try folder.tensor("e").byteCount == 0)
    #expect(throws: ModelFileError.self) { try folder.tensor("s", shape: [1]) }
  }

  @Test func typesNoOneHasHeardOfMatterOnlyToWhoAsksForThem() throws {
    let path = try make([:])
    let header =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[3,7]},"b":{"dtype":"F6_NEW","shape":[4],"data_offsets":[0,3]}}"#
    let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    try Data(bytes + [1, 2, 3, 0, 0, 0x80, 0x3F]).write(to: URL(filePath: "\(path)/model.safetensors"))
    let folder = try CheckpointFolder(path: path)
    #expect(folder.withBytes(of: try folder.tensor("a")) { dequantize($0, format: .float32, count: 1) } == [1])
    let error = try #require(throws: ModelFileError.self) { try folder.tensor("b") }
    #expect("\(error)".contains("F6_NEW"))
  }

  @Test func aTensorInTwoShardsIsRefused() throws {
    let path = try make(
      ["1.safetensors": ["a": Self.one], "2.safetensors": ["a": Self.two, "b": Self.two]],
      index: #"{"a":"1.safetensors","b":"2.safetensors"}"#)
    let error = try message(path)
    #expect(error.hasPrefix("\(path)/2.safetensors") && error.contains("\"a\""), "\(error)")
    #expect(error.contains("1.safetensors holds too"))
  }

  @Test func theSingleFileCountsBeforeTheIndex() throws {
    let path = try make(["model.safetensors": ["a": Self.one]], index: #"{"a":"gone.safetensors"}"#)
    let folder = try CheckpointFolder(path: path)
    #expect(folder.withBytes(of: try folder.tensor("a")) { dequantize($0, format: .float32, count: 1) } == [1])
    #expect(folder.files == ["config.json", "model.safetensors"])
  }

  @Test(arguments: [
    ("", "found the end"), ("{", "found the end"), ("{\"a\":1,\"a\":2}", "a key that this object does not have yet"),
    ("\u{FEFF}{}", "byte 0"),
  ])
  func aBrokenConfigurationSaysWhere(text: String, expected: String) throws {
    let path = try make(["model.safetensors": ["a": Self.one]])
    for file in ["config.json", "generation_config.json", "tokenizer_config.json"] {
      try write(text, to: "\(path)/\(file)")
      let error = try message(path)
      #expect(error.hasPrefix("\(path)/\(file)") && error.contains(expected), "\(error)")
      try write("{}", to: "\(path)/\(file)")
    }
    _ = try CheckpointFolder(path: path)
    try FileManager.default.removeItem(atPath: "\(path)/config.json")
    try FileManager.default.createDirectory(atPath: "\(path)/config.json", withIntermediateDirectories: true)
    #expect(try message(path).contains("not a regular file"))
  }

  @Test func aDamagedShardIsNamed() throws {
    let path = try make(["1.safetensors": ["a": Self.one]], index: #"{"a":"1.safetensors"}"#)
    let bytes = try Data(contentsOf: URL(filePath: "\(path)/1.safetensors"))
    try bytes.dropLast().write(to: URL(filePath: "\(path)/1.safetensors"))
    #expect(try message(path).hasPrefix("\(path)/1.safetensors"))
    for index in ["7", "{\"a\":7}", "{\"a\":\"\"}", "{\"a\":\"..\"}", "{\"a\":\"none\"}", "null"] {
      try write("{\"weight_map\":\(index)}", to: "\(path)/model.safetensors.index.json")
      let error = try message(path)
      #expect(error.contains("model.safetensors.index.json") && error.contains("weight_map"), "\(error)")
    }
  }

  @Test func theTemplateOfTheFileCountsBeforeThatOfTheConfiguration() throws {
    let path = try make(["model.safetensors": ["a": Self.one]])
    func template() throws -> String? { try CheckpointFolder(path: path).chatTemplate() }
    let configuration = "\(path)/tokenizer_config.json"
    #expect(try template() == nil)
    try write(#"{"chat_template":null}"#, to: configuration)
    #expect(try template() == nil)
    try write(#"{"chat_template":"one"}"#, to: configuration)
    #expect(try template() == "one")
    let named = #"{"name":"tool_use","template":"two"}"#
    try write("{\"chat_template\":[\(named),{\"name\":\"default\",\"template\":\"three\"}]}", to: configuration)
    #expect(try template() == "three")
    for (wrong, expected) in [("[\(named)]", "default"), ("7", "a text"), ("[{}]", "\"name\"")] {
      try write("{\"chat_template\":\(wrong)}", to: configuration)
      let error = try #require(throws: ModelFileError.self) { try template() }
      #expect(error.description.hasPrefix(configuration) && error.description.contains(expected), "\(error)")
    }
    try write("four\n", to: "\(path)/chat_template.jinja")
    #expect(try template() == "four\n")
    try Data([0xFF]).write(to: URL(filePath: "\(path)/chat_template.jinja"))
    let error = try #require(throws: ModelFileError.self) { try template() }
    #expect(error.description.contains("UTF-8"))
  }

  @Test func aTokenizerOfAnotherKindIsExplained() throws {
    let path = try make(["model.safetensors": ["a": Self.one]])
    try write("{\"model\":{\"vocab\":{\"x\":0}}}", to: "\(path)/tokenizer.json")
    let node = try CheckpointFolder(path: path).tokenizer()
    #expect(try node.member("model").member("vocab").member("x").integer() == 0)
    try FileManager.default.moveItem(atPath: "\(path)/tokenizer.json", toPath: "\(path)/tokenizer.model")
    let error = try #require(throws: ModelFileError.self) { try CheckpointFolder(path: path).tokenizer() }
    #expect(error.description.contains("tokenizer.model is not read"))
  }

  @Test func mutationsNeverCrash() throws {
    var generator = SeededGenerator(seed: 5)
    let row = SafetensorsTensor(shape: [2, 64], values: [Float](repeating: 1, count: 128))
    let path = try make(
      ["1.safetensors": ["a": row], "2.safetensors": ["b": row]], index: #"{"a":"1.safetensors","b":"2.safetensors"}"#)
    try write(#"{"architectures":["LlamaForCausalLM"],"hidden_size":64}"#, to: "\(path)/config.json")
    let names = ["config.json", "model.safetensors.index.json", "1.safetensors", "2.safetensors"]
    let sound = try names.map { Array(try Data(contentsOf: URL(filePath: "\(path)/\($0)"))) }
    var opened = 0
    for round in 0..<4_000 {
      let index = round % names.count
      let file = URL(filePath: "\(path)/\(names[index])")
      try Data(mutated(sound[index], using: &generator)).write(to: file)
      do {
        let folder = try CheckpointFolder(path: path)
        opened += 1
        for tensor in folder.tensors.values {
          #expect(folder.withBytes(of: tensor) { $0.count } == tensor.byteCount)
          folder.release(tensor)
        }
      } catch {
        #expect(error.description.hasPrefix(path))
      }
      try Data(sound[index]).write(to: file)
    }
    // Damage to values and texts leaves a sound folder; a loop that opened none, or all, would have tested little.
    #expect((400...3_600).contains(opened))
  }

  @Test func theFoldersHashIsThatOfItsContent() throws {
    let path = try copy("llama")
    func hash(_ path: String) throws -> String {
      try ModelCatalog.resolve(path, environment: ["HOME": folder.path]).sha256
    }
    let before = try hash(path)
    let lines = try ["config.json", "model.safetensors"].map { "\(try hash("\(path)/\($0)"))  \($0)\n" }
    #expect(try hash(folder.write(lines.joined().utf8, to: "list")) == before)
    let moved = path + "-moved"
    try FileManager.default.moveItem(atPath: path, toPath: moved)
    #expect(try hash(moved + "/") == before)
    try edit("\(moved)/config.json") { $0 + "\n" }
    #expect(try hash(moved) != before)
  }
}
