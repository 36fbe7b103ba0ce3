import Experiments
import Fingerprints
import Foundation
import Records
import Testing

@Suite struct PrefixTests {
  private let scratch: ScratchFolder
  private let store: ArtifactStore

  init() throws {
    scratch = try ScratchFolder()
    store = ArtifactStore(folder: scratch.url)
  }

  @Test func listsSortedAndResolvesWhatIsUnique() throws {
    let made = try (0..<40).map { try Samples.artifact($0, in: store).record.fingerprint }
    #expect(try store.fingerprints(of: .artifacts) == made.sorted())
    for fingerprint in made {
      #expect(try store.resolve(prefix: fingerprint.hexadecimal, among: .artifacts) == fingerprint)
      #expect(try store.resolve(prefix: fingerprint.short, among: .artifacts) == fingerprint)
    }
  }

  @Test func severalMatchesAreListed() throws {
    let made = try (0..<40).map { try Samples.artifact($0, in: store).record.fingerprint }
    let digit = try #require(
      "0123456789abcdef".first { digit in made.count { $0.hexadecimal.first == digit } > 1 })
    let matches = made.filter { $0.hexadecimal.first == digit }.sorted()
    let error = #expect(throws: RecordsError.self) { try store.resolve(prefix: String(digit), among: .artifacts) }
    #expect(
      error?.description
        == "\(digit): \(matches.count) artifacts have this prefix; give more digits:"
        + matches.prefix(10).map { "\n  \($0)" }.joined())
  }

  @Test func nothingAndNonsenseAreToldApart() throws {
    let nothing = #expect(throws: RecordsError.self) { try store.resolve(prefix: "abc", among: .experiments) }
    #expect(
      nothing?.description
        == "abc: no experiment in \(scratch.url.path) has this prefix; `ablate list` shows what there is")
    for text in ["", "../..", "XYZ", String(repeating: "a", count: 65)] {
      let nonsense = #expect(throws: RecordsError.self) { try store.resolve(prefix: text, among: .experiments) }
      #expect(
        nonsense?.description
          == "\"\(text)\": expected a hash or a prefix of one (1 to 64 of the digits 0-9 and a-f)")
    }
  }

  @Test func strayFilesAreNoArtifacts() throws {
    let made = try Samples.artifact(1, in: store)
    let objects = made.folder.deletingLastPathComponent().deletingLastPathComponent()
    try Data().write(to: objects.appendingPathComponent("README"))
    try Data().write(to: made.folder.deletingLastPathComponent().appendingPathComponent(".DS_Store"))
    try FileManager.default.createDirectory(
      at: objects.appendingPathComponent("00/" + String(repeating: "0", count: 62)), withIntermediateDirectories: true)
    #expect(try store.fingerprints(of: .artifacts) == [made.record.fingerprint])
  }
}
