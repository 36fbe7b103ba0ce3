import Experiments
import Fingerprints
import Foundation
import Records
import Stages
import Testing

@Suite struct ArtifactStoreTests {
  private let scratch: ScratchFolder
  private let store: ArtifactStore

  init() throws {
    scratch = try ScratchFolder()
    store = ArtifactStore(folder: scratch.url)
  }

  @Test func storesWhatAStageWrote() async throws {
    let stage = Samples.stage(1)
    #expect(try store.artifact(stage.fingerprint) == nil)
    let made = try await store.commit(stage, environment: ["threads": "2"]) { folder in
      try Data("b".utf8).write(to: folder.appendingPathComponent("b.txt"))
      let inner = folder.appendingPathComponent("inner")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try Data("abc".utf8).write(to: inner.appendingPathComponent("a.txt"))
      return ["tokens": 7]
    }
    let artifact = try #require(try store.artifact(stage.fingerprint))
    #expect(artifact.record.stage == stage)
    #expect(artifact.record.files.map(\.name) == ["b.txt", "inner/a.txt"])
    #expect(
      artifact.record.files.last?.sha256.hexadecimal
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(artifact.record.counters == ["tokens": 7] && artifact.record.environment == ["threads": "2"])
    #expect(artifact.record.output == made.record.output && artifact.folder == made.folder)
    #expect(try String(contentsOf: artifact.file("inner/a.txt"), encoding: .utf8) == "abc")
    let hexadecimal = stage.fingerprint.hexadecimal
    #expect(artifact.folder.path.hasSuffix("/objects/\(hexadecimal.prefix(2))/\(hexadecimal.dropFirst(2))"))
    #expect(try scratch.names("temporary").isEmpty)
  }

  @Test func theOutputHashFollowsTheBytesAlone() throws {
    let one = try Samples.artifact(1, in: store).record
    let same = try Samples.artifact(2, in: store).record
    let other = try Samples.artifact(3, text: "b\n", in: store).record
    #expect(one.fingerprint != same.fingerprint && one.output == same.output)
    #expect(one.output != other.output)
    let listing = "[[\"a.txt\",2,\"\(Fingerprint(ofBytes: Data("a\n".utf8)))\"]]"
    #expect(one.output == Fingerprint(ofBytes: Data(listing.utf8)))
  }

  @Test func aStageThatFailsLeavesNothing() async throws {
    struct Failure: Error {}
    let stage = Samples.stage(1)
    await #expect(throws: Failure.self) {
      _ = try await store.commit(stage, environment: [:]) { folder in
        try Data("half".utf8).write(to: folder.appendingPathComponent("a.txt"))
        throw Failure()
      }
    }
    #expect(try store.artifact(stage.fingerprint) == nil)
    #expect(try scratch.names("temporary").isEmpty)
  }

  @Test func whatADeadProcessLeftIsSweptAndWhatALivingOneWritesStays() throws {
    let pending = try store.begin(Samples.stage(1))
    let own = pending.folder.lastPathComponent
    let process = "-\(ProcessInfo.processInfo.processIdentifier)-"
    let dead = Process()
    dead.executableURL = URL(fileURLWithPath: "/bin/true")
    try dead.run()
    dead.waitUntilExit()
    let abandoned = own.replacingOccurrences(of: process, with: "-\(dead.processIdentifier)-")
    let elsewhere = "x" + abandoned
    for name in [abandoned, elsewhere] {
      let folder = scratch.url.appendingPathComponent("temporary/\(name)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("half".utf8).write(to: folder.appendingPathComponent("a.txt"))
    }
    let second = try store.begin(Samples.stage(2))
    #expect(try scratch.names("temporary") == [own, second.folder.lastPathComponent, elsewhere].sorted())
    #expect(try store.fingerprints(of: .artifacts).isEmpty)
  }

  @Test func theFirstOfTwoWritersWins() throws {
    let first = try store.begin(Samples.stage(1))
    let second = try store.begin(Samples.stage(1))
    for (pending, text) in [(first, "first"), (second, "second")] {
      try Data(text.utf8).write(to: pending.folder.appendingPathComponent("a.txt"))
    }
    let kept = try store.commit(first, environment: [:])
    let again = try store.commit(second, environment: [:])
    #expect(again.record == kept.record)
    #expect(try String(contentsOf: again.file("a.txt"), encoding: .utf8) == "first")
    #expect(try scratch.names("temporary").isEmpty)
  }

  @Test func checkpointsLastUntilTheArtifactIsThere() throws {
    let fingerprint = Samples.stage(1).fingerprint
    let lease = try #require(try store.lease(fingerprint)), work = try lease.workFolder()
    try Data("step 5".utf8).write(to: work.appendingPathComponent("checkpoint"))
    lease.end()
    let pending = try store.begin(Samples.stage(1))
    store.discard(pending)
    let next = try #require(try store.lease(fingerprint)).workFolder()
    #expect(try String(contentsOf: next.appendingPathComponent("checkpoint"), encoding: .utf8) == "step 5")
    try Samples.artifact(1, in: store)
    #expect(try scratch.names("work").isEmpty)
  }

  @Test func damageIsToldAndNeverServed() throws {
    func message(_ seed: Int, _ damage: (Artifact) throws -> Void) throws -> String? {
      let artifact = try Samples.artifact(seed, in: store)
      try damage(artifact)
      let error = #expect(throws: RecordsError.self) { try store.artifact(artifact.record.fingerprint) }
      return error?.description.replacingOccurrences(of: artifact.folder.path, with: "FOLDER")
    }
    let advice = "; remove this folder, and run the same command again"
    #expect(
      try message(1) { try FileManager.default.removeItem(at: $0.file("a.txt")) }
        == "FOLDER: damaged: a.txt is missing, expected 2" + advice)
    #expect(
      try message(2) { try Data("longer".utf8).write(to: $0.file("a.txt")) }
        == "FOLDER: damaged: a.txt has 6 bytes, expected 2" + advice)
    #expect(
      try message(3) { try Data("{".utf8).write(to: $0.file("record.json")) }
        == "FOLDER: damaged: FOLDER/record.json: line 1, column 2: found the end of the text, expected a key in "
        + "quotation marks or \"}\"" + advice)
    let other = try Samples.artifact(5, in: store)
    #expect(
      try message(4) {
        try FileManager.default.removeItem(at: $0.file("record.json"))
        try FileManager.default.copyItem(at: other.file("record.json"), to: $0.file("record.json"))
      } == "FOLDER: damaged: its record is of \(other.record.fingerprint.short)" + advice)
  }

  @Test func aPlaceThatCannotBeWrittenIsNamed() throws {
    let file = scratch.url.appendingPathComponent("file")
    try Data().write(to: file)
    let store = ArtifactStore(folder: file.appendingPathComponent("store"))
    let error = #expect(throws: RecordsError.self) { try store.begin(Samples.stage(1)) }
    #expect(
      error?.description
        == "\(file.path)/store/temporary: can't be written (Not a directory); free space there, allow writing, or "
        + "choose another store")
    #expect(throws: RecordsError.self) { try RunIndex(store: store, in: IndexFolder(store.folder)) }
    #expect(throws: RecordsError.self) {
      try store.write(Samples.experiment("x", started: 0), manifest: Data())
    }
  }

  @Test func aDiskThatIsFullIsNamed() throws {
    let error = #expect(throws: RecordsError.self) {
      try CanonicalFile.write(["text"], to: URL(fileURLWithPath: "/dev/full"))
    }
    #expect(error?.description.hasPrefix("/dev/full: can't be written (No space left on device)") == true)
  }

  @Test func linksAndTheRecordsOwnNameAreRefused() throws {
    let linked = try store.begin(Samples.stage(1))
    try FileManager.default.createSymbolicLink(
      at: linked.folder.appendingPathComponent("link"), withDestinationURL: scratch.url)
    #expect(throws: RecordsError.self) { try store.commit(linked, environment: [:]) }
    let named = try store.begin(Samples.stage(2))
    try Data().write(to: named.folder.appendingPathComponent("record.json"))
    #expect(throws: RecordsError.self) { try store.commit(named, environment: [:]) }
    #expect(try store.fingerprints(of: .artifacts).isEmpty)
    #expect(try scratch.names("temporary").isEmpty)
  }
}
