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
    let hashes = try paths.map { try ModelCatalog.resolve($0, environment: ["HOME": folder.path]) { _ in }.sha256 }
    #expect(Set(hashes).count == 1)
    for path in paths {
      try FileManager.default.moveItem(atPath: path, toPath: path.replacing("llama-parts", with: "other"))
    }
    let renamed = paths[0].replacing("llama-parts", with: "other")
    #expect(try ModelCatalog.resolve(renamed, environment: ["HOME": folder.path]) { _ in }.sha256 == hashes[0])
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

  @Test func partsMustBeOfOneModel() throws {
    let paths = try parts()
    try FileManager.default.removeItem(atPath: paths[1])
    try FileManager.default.copyItem(atPath: paths[2], toPath: paths[1])
    #expect(try message(paths[0]).contains("expected 1 and 3"))
  }
}
