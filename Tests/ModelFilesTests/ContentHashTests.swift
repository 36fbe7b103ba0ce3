import Foundation
import Testing

@testable import ModelFiles

/// What is remembered of hashes, and when it is not believed.
struct ContentHashTests {
  private let folder: TemporaryFolder
  private let file: String
  private let cache: String
  /// The SHA-256 of "abc" (FIPS 180-2, appendix B.1).
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  private static let forged = String(repeating: "0", count: 64)

  init() throws {
    folder = try TemporaryFolder()
    file = try folder.write("abc".utf8, to: "a")
    cache = folder.path + "/cache/hashes"
  }

  /// One that remembers small files too, at once.
  private func hash(from smallest: Int = 1, settledAfter: Int = -60) -> ContentHash {
    ContentHash(cache: cache, smallestRemembered: smallest, settledAfter: settledAfter)
  }

  private var entries: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []).map { "\(cache)/\($0)" }
  }

  /// Puts something else into the only entry, to see whether it is read.
  private func replaceEntry(with text: String) throws {
    try #require(entries.count == 1)
    try Data(text.utf8).write(to: URL(fileURLWithPath: entries[0]))
  }

  @Test func aHashIsTakenOnceAndThenRemembered() throws {
    #expect(try hash().file(file) == Self.abc)
    try replaceEntry(with: Self.forged)
    #expect(try hash().file(file) == Self.forged)
    #expect(try hash().file(folder.path + "/./a") == Self.forged)
    #expect(try ContentHash(cache: nil).file(file) == Self.abc)
  }

  @Test func aFileThatChangesIsHashedAgain() throws {
    _ = try hash().file(file)
    try replaceEntry(with: Self.forged)
    try folder.write("abd".utf8, to: "a")
    #expect(try hash().file(file) == "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9")
    // The size and the times can be given back, the change of the times can't.
    let times = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate]
    try folder.write("abc".utf8, to: "b")
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.moveItem(atPath: folder.path + "/b", toPath: file)
    if let times { try FileManager.default.setAttributes([.modificationDate: times], ofItemAtPath: file) }
    #expect(try hash().file(file) == Self.abc)
  }

  @Test func whatIsSmallOrHasJustChangedIsNotRemembered() throws {
    #expect(try hash(from: 4).file(file) == Self.abc)
    #expect(try hash(settledAfter: 60).file(file) == Self.abc)
    #expect(entries.isEmpty)
    #expect(ContentHash(cache: cache).smallestRemembered == 64 << 20)
  }

  @Test(arguments: ["", "abc", forged + "\n", String(repeating: "G", count: 64), String(repeating: "A", count: 64)])
  func aDamagedEntryIsNotBelieved(text: String) throws {
    _ = try hash().file(file)
    try replaceEntry(with: text)
    #expect(try hash().file(file) == Self.abc)
    #expect(try String(contentsOfFile: entries[0], encoding: .utf8) == Self.abc)
  }

  @Test func aFolderThatCannotBeWrittenChangesNothing() throws {
    try folder.write([], to: "cache")
    #expect(try hash().file(file) == Self.abc)
  }

  @Test func severalFilesAreHashedAsTheirList() throws {
    let other = try folder.write([], to: "b")
    let list = "\(Self.abc)  x\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  y\n"
    let listed = try folder.write(list.utf8, to: "list")
    #expect(try hash().files([(name: "x", path: file), (name: "y", path: other)]) == hash().file(listed))
  }

  @Test func aLargeFileIsHashedInParts() throws {
    // 40 MiB of zeros and a byte: three parts, the last not full. The hash is that of `sha256sum`.
    let path = try folder.write([UInt8](repeating: 0, count: 40 << 20) + [1], to: "large")
    #expect(
      try ContentHash(cache: nil).file(path) == "46dea56ef151e3930f83b6f4b95e4d07d579f9ef24a96b883cedfae67b95d2a3")
  }

  @Test func aMissingFileAndAPipeAreRefused() throws {
    #expect(throws: ModelFileError.self) { try hash().file(folder.path + "/none") }
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let error = try #require(throws: ModelFileError.self) { try hash().file(pipe) }
    #expect(error.description.contains("not a regular file"))
  }
}
