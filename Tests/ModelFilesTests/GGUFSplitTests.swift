import Foundation
import Testing

@testable import ModelFiles

/// Models that are split over several files, and what can be wrong with them.
struct GGUFSplitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The tiny Llama in three parts, copied so that they can be changed.
  private func parts() throws -> [String] {
    let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "LanguageModelTests/Fixtures/families")
    return try (1...3).map { number in
      let name = "llama-parts-0000\(number)-of-00003.gguf"
      return try folder.write([UInt8](Data(contentsOf: source.appending(path: name))), to: name)
    }
  }

  private func message(_ path: String) throws -> String {
    "\(try #require(throws: ModelFileError.self) { try GGUFFile(path: path) })"
  }

  @Test func anyPartOpensTheWhole() throws {
    let paths = try parts()
    let files = try paths.map { try GGUFFile(path: $0) }
    for file in files {
      #expect(file.paths == paths)
      #expect(file.tensors == files[0].tensors && file.tensors.count == 21)
      #expect(file.metadata == files[0].metadata)
    }
  }

  @Test func theHashIsThatOfAllPartsAndNotOfTheirNames() throws {
    let paths = try parts()
    let hashes = try paths.map { try ModelCatalog.resolve($0, environment: ["HOME": folder.path]).sha256 }
    #expect(Set(hashes).count == 1)
    for path in paths {
      try FileManager.default.moveItem(atPath: path, toPath: path.replacing("llama-parts", with: "other"))
    }
    let renamed = paths[0].replacing("llama-parts", with: "other")
    #expect(try ModelCatalog.resolve(renamed, environment: ["HOME": folder.path]).sha256 == hashes[0])
    let lines = try paths.enumerated().map { index, path in
      let file = try folder.write(
        Data(contentsOf: URL(filePath: path.replacing("llama-parts", with: "other"))), to: "x")
      return "\(try ModelCatalog.resolve(file, environment: [:]).sha256)  \(index + 1)\n"
    }
    let list = try folder.write(lines.joined().utf8, to: "list")
    #expect(try ModelCatalog.resolve(list, environment: [:]).sha256 == hashes[0])
  }

  @Test func aMissingPartIsNamed() throws {
    let paths = try parts()
    try FileManager.default.removeItem(atPath: paths[1])
    let message = try message(paths[0])
    #expect(message.hasPrefix(paths[1]) && message.contains("split over 3 files"), "\(message)")
  }

  @Test func aRenamedPartIsRefused() throws {
    let paths = try parts()
    let other = paths[0].replacing("-00001-of-00003", with: "")
    try FileManager.default.moveItem(atPath: paths[0], toPath: other)
    #expect(try message(other).contains("-00001-of-00003.gguf"))
  }

  /// Two parts with a tensor each, made by hand; `change` makes one thing wrong.
  private func built(_ change: (inout [GGUFBuilder]) -> Void = { _ in }) throws -> [String] {
    var builders = (0..<2).map { number in
      var builder = GGUFBuilder()
      builder.add("split.no", 2, GGUFBuilder.little(UInt16(number)))
      builder.add("split.count", 2, GGUFBuilder.little(UInt16(2)))
      builder.add("split.tensors.count", 5, GGUFBuilder.little(Int32(2)))
      builder.tensors = [
        .init(name: "t\(number)", dimensions: [1], type: 0, data: GGUFBuilder.little(Float(number).bitPattern))
      ]
      return builder
    }
    change(&builders)
    return try builders.enumerated().map { number, builder in
      try folder.write(builder.build(), to: "m-0000\(number + 1)-of-00002.gguf")
    }
  }

  private func message(_ change: (inout [GGUFBuilder]) -> Void) throws -> String { try message(built(change)[0]) }

  @Test func everyTensorIsReadFromItsPart() throws {
    let file = try GGUFFile(path: built()[1])
    for number in 0..<2 {
      let tensor = try file.tensor("t\(number)")
      #expect(file.withBytes(of: tensor) { dequantize($0, format: .float32, count: 1) } == [Float(number)])
    }
    #expect(try ModelCatalog.resolve(built()[0], environment: ["HOME": folder.path]).name == "m")
  }

  @Test func contradictionsAreRefused() throws {
    let count = try message { $0[1].metadata[1].value = GGUFBuilder.little(UInt16(3)) }
    #expect(count.contains("00002-of-00002.gguf") && count.contains("found 1 and 3, expected 1 and 2"), "\(count)")
    let number = try message { $0[0].metadata[0].value = GGUFBuilder.little(UInt16(7)) }
    #expect(number.contains("\"split.no\"") && number.contains("found 7 of 2"), "\(number)")
    let tensors = try message { $0[0].metadata[2].value = GGUFBuilder.little(Int32(-5)) }
    #expect(tensors.contains("\"split.tensors.count\"") && tensors.contains("found -5, expected 2"), "\(tensors)")
    let twice = try message { $0[1].tensors[0].name = "t0" }
    #expect(twice.contains("00002-of-00002.gguf") && twice.contains("two tensors of this name"), "\(twice)")
    let text = try message { $0[0].metadata[1] = (Array("split.count".utf8), 8, GGUFBuilder.text("2")) }
    #expect(text.contains("\"split.count\"") && text.contains("expected an integer"), "\(text)")
    let many = try message { $0[0].metadata[1] = (Array("split.count".utf8), 10, GGUFBuilder.little(UInt64(1) << 62)) }
    #expect(many.contains("expected 1 to 9999"), "\(many)")
    #expect(try message { $0[1].metadata = [] }.contains("found none and none"))
    #expect(try message { $0[1].magic = Array("GGML".utf8) }.contains("00002-of-00002.gguf"))
  }

  @Test func partsMustBeOfOneModel() throws {
    let paths = try parts()
    try FileManager.default.removeItem(atPath: paths[1])
    try FileManager.default.copyItem(atPath: paths[2], toPath: paths[1])
    #expect(try message(paths[0]).contains("expected 1 and 3"))
  }
}
