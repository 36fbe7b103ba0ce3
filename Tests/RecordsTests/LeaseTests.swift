import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

/// Who may compute a stage, and who may have the store, with no lock of the system.
@Suite struct LeaseTests {
  private let scratch: ScratchFolder
  private let store: ArtifactStore
  private let stage = Fingerprint(of: "stage")

  init() throws {
    scratch = try ScratchFolder()
    store = ArtifactStore(folder: scratch.url)
  }

  private var work: URL { scratch.url.appending(path: "work/\(stage.hexadecimal)") }

  /// Writes a lease's file as if its process were another.
  private func change(_ number: Int, _ edit: (String) throws -> String, secondsAgo: Double = 0) throws {
    let file = work.appending(path: "lease-\(number)")
    try Data(edit(String(contentsOf: file, encoding: .utf8)).utf8).write(to: file)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -secondsAgo)], ofItemAtPath: file.path)
  }

  private static func onAnotherHost(_ text: String) throws -> String {
    text.replacing(try Regex("\"boot\":\"[^\"]*\""), with: "\"boot\":\"another\"")
  }

  @Test func aStageHasOneOwner() throws {
    let first = try #require(try store.lease(stage))
    #expect(try store.lease(stage) == nil)
    let holder = try #require(try store.holders(of: stage).first)
    #expect(holder.owner.process == getpid())
    #expect(try store.lease(Fingerprint(of: "other")) != nil)
    first.end()
    #expect(try store.holders(of: stage).isEmpty)
    #expect(try store.lease(stage) != nil)
  }

  @Test func ofManyAtOnceExactlyOneTakesAStage() async throws {
    let store = store
    for number in 0..<25 {
      let stage = Fingerprint(of: .integer(number))
      let taken = try await withThrowingTaskGroup(of: StageLease?.self) { group in
        for _ in 0..<8 { group.addTask { try store.lease(stage) } }
        return try await group.reduce(into: []) { if let lease = $1 { $0.append(lease) } }
      }
      #expect(taken.count == 1)
    }
  }

  @Test func theLeaseOfAProcessThatEndedIsTakenAtOnce() throws {
    let first = try #require(try store.lease(stage))
    let dead = Process()
    dead.executableURL = URL(fileURLWithPath: "/bin/true")
    try dead.run()
    dead.waitUntilExit()
    try change(1) { $0.replacing("\"process\":\(getpid())", with: "\"process\":\(dead.processIdentifier)") }
    #expect(try store.lease(stage) != nil)
    withExtendedLifetime(first) {}
  }

  /// A process id that is used again is another process.
  @Test func aProcessThatBeganAtAnotherTimeIsAnother() throws {
    let first = try #require(try store.lease(stage))
    try change(1) { text in
      let owner = try #require(text.firstRange(of: "\"owner\":{"))
      return String(text[..<owner.upperBound])
        + text[owner.upperBound...].replacing(try Regex("\"began\":\\d+"), with: "\"began\":1", maxReplacements: 1)
    }
    #expect(try store.lease(stage) != nil)
    withExtendedLifetime(first) {}
  }

  @Test func aLeaseFromElsewhereIsTakenOnceItHasExpired() throws {
    let first = try #require(try store.lease(stage))
    let older = try first.workFolder()
    try Data("{\"index\":0}\n".utf8).write(to: older.appending(path: "answers.jsonl"))
    try change(1, Self.onAnotherHost)
    #expect(try store.lease(stage) == nil)
    try change(1, Self.onAnotherHost, secondsAgo: 299)
    #expect(try store.lease(stage) == nil)
    try change(1, Self.onAnotherHost, secondsAgo: 302)
    let second = try #require(try store.lease(stage)), newer = try second.workFolder()
    // Each has a file of its own, and the later begins with what the earlier had.
    #expect(newer != older)
    try Data("{\"index\":1}\n".utf8).write(to: older.appending(path: "answers.jsonl"))
    #expect(try String(contentsOf: newer.appending(path: "answers.jsonl"), encoding: .utf8) == "{\"index\":0}\n")
    // The first can't give back what is the second's.
    first.end()
    #expect(try store.lease(stage) == nil)
    second.end()
    #expect(try store.lease(stage) != nil)
  }

  @Test func aLeaseThatCannotBeReadIsLivingUntilItIsOld() throws {
    try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
    try Data("{".utf8).write(to: work.appending(path: "lease-1"))
    #expect(try store.lease(stage) == nil)
    try change(1, { $0 }, secondsAgo: 302)
    #expect(try store.lease(stage) != nil)
  }

  /// Versions with one work folder for all left checkpoints in the folder itself.
  @Test func theCheckpointOfAnOlderVersionIsGoneOnFrom() throws {
    try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
    for name in ["answers.jsonl", "lock"] { try Data(name.utf8).write(to: work.appending(path: name)) }
    let folder = try #require(try store.lease(stage)).workFolder()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["answers.jsonl"])
  }

  @Test func aFinishedStageLeavesNothing() throws {
    let lease = try #require(try store.lease(stage))
    _ = try lease.workFolder()
    try lease.finish()
    lease.end()
    #expect(try scratch.names("work").isEmpty)
  }

  /// Parts of a stage's requests are anybody's; the stage takes what all of them made.
  @Test func aStageTakesWhatItsPartsMade() throws {
    for number in 0..<2 {
      let part = try #require(try store.lease(stage, part: RequestPart(number: number, of: 3)))
      #expect(try store.lease(stage, part: RequestPart(number: number, of: 3)) == nil)
      let folder = try part.workFolder()
      // The second is cut off in its last row.
      try Data("{\"index\":\(number)}\n{\"ind".utf8).write(to: folder.appending(path: "answers.jsonl"))
      try part.finish()
      #expect(
        store.isDone(RequestPart(number: number, of: 3), of: stage)
          && !store.isDone(RequestPart(number: 2, of: 3), of: stage))
    }
    let folder = try #require(try store.lease(stage)).workFolder()
    #expect(
      try String(contentsOf: folder.appending(path: "answers.jsonl"), encoding: .utf8)
        == "{\"index\":0}\n{\"ind\n{\"index\":1}\n{\"ind\n")
  }

  @Test func aFailureIsToldUntilTheStageIsMade() throws {
    let stage = Samples.stage(1).fingerprint
    #expect(store.failure(of: stage) == nil)
    try store.note(failure: "out of luck", of: stage)
    #expect(store.failure(of: stage)?.message == "out of luck")
    // It is no checkpoint.
    let folder = try #require(try store.lease(stage)).workFolder()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    try Samples.artifact(1, in: store)
    #expect(store.failure(of: stage) == nil)
  }

  @Test func oneHasAStoreAloneOnlyWhenNobodyUsesIt() throws {
    let first = try #require(try store.use(exclusively: false)), second = try store.use(exclusively: false)
    #expect(second != nil)
    second?.end()
    #expect(try store.use(exclusively: true) == nil)
    first.end()
    let alone = try #require(try store.use(exclusively: true))
    #expect(try store.use(exclusively: false) == nil)
    #expect(try store.use(exclusively: true) == nil)
    alone.end()
    #expect(try store.use(exclusively: false) != nil)
    #expect(try scratch.names("users").isEmpty)
  }

  @Test func aUserThatDiedKeepsNobodyFromTheStore() throws {
    let user = try #require(try store.use(exclusively: false))
    let file = scratch.url.appending(path: "users/\(try scratch.names("users")[0])")
    let text = try String(contentsOf: file, encoding: .utf8)
    try Data(Self.onAnotherHost(text).utf8).write(to: file)
    #expect(try store.use(exclusively: true) == nil)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -302)], ofItemAtPath: file.path)
    #expect(try store.use(exclusively: true) != nil)
    user.end()
  }
}
