import Foundation
import Testing

@testable import ModelFiles

/// Hugging Face folders, and what can be wrong with them.
struct CheckpointFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

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

  @Test func theFoldersHashIsThatOfItsContent() throws {
    let path = try copy("llama")
    func hash(_ path: String) throws -> String {
      try ModelCatalog.resolve(path, environment: ["HOME": folder.path]) { _ in }.sha256
    }
    let before = try hash(path)
    let moved = path + "-moved"
    try FileManager.default.moveItem(atPath: path, toPath: moved)
    #expect(try hash(moved + "/") == before)
    try edit("\(moved)/config.json") { $0 + "\n" }
    #expect(try hash(moved) != before)
  }
}
