import Compute
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import LanguageModel

/// Soft prompts that go to the `peft` package and come from it give its logits: `Tests/Reference/adapter_fixtures.py`.
struct PromptAdapterLogitsTests {
  private struct Numbers: Decodable {
    let ids: [Int]
  }

  private static let folder = Fixtures.languageModel.path("adapters")

  /// The adapter in `adapters/ours`.
  private static let ours = PromptAdapter(
    embeddings: (0..<6 * 32).map { Float($0 * 7 % 33 - 16) / 16 }, virtualTokenCount: 6, tokenDimension: 32,
    baseModelName: nil, attentionHeadCount: 2, layerCount: 2)

  /// What peft loaded are the very bytes that we write.
  @Test func theFixtureIsWhatWeWrite() throws {
    let folder = URL(filePath: "\(Self.folder)/ours")
    for (name, bytes) in Self.ours.encode() {
      if ProcessInfo.processInfo.environment["ANTIPODE_RECORD_SNAPSHOTS"] != nil {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try bytes.write(to: folder.appending(path: name))
      }
      #expect(try Data(contentsOf: folder.appending(path: name)) == bytes, "\(name)")
    }
  }

  @Test(arguments: ["ours", "theirs"]) func logitsAreThoseOfPEFT(name: String) throws {
    let ids = try Fixtures.languageModel.json("families/numbers", as: Numbers.self).ids
    let expected = try #require(Fixtures.languageModel.tensors("adapters/logits")[name])
    let adapter = try PromptAdapter(folder: "\(Self.folder)/\(name)")
    let model = try FamilyTests.load("llama")
    let prompt = try #require(
      Matrix(rows: adapter.virtualTokenCount, columns: adapter.tokenDimension, values: adapter.embeddings))
    let states = try model.cachedStates(ids, pieces: [ids.count], prefix: model.prefix(prompt))
    assertClose(model.logits(of: states).values, expected.values, within: .absolute(1e-4), name)
  }
}
