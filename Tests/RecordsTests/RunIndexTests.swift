import Experiments
import Fingerprints
import Foundation
import GRDB
import JSON
import Records
import Stages
import Testing

@Suite struct RunIndexTests {
  private let scratch: ScratchFolder
  private let store: ArtifactStore
  private let indexes: IndexFolder
  private let path: String

  init() throws {
    scratch = try ScratchFolder()
    store = ArtifactStore(folder: scratch.url.appendingPathComponent("store"))
    indexes = IndexFolder(scratch.url.appendingPathComponent("indexes"))
    path = try indexes.file(of: store).path
  }

  private func fill() throws {
    for seed in 0..<3 { try Samples.artifact(seed, in: store) }
    for (name, started) in [("older", 1000.0), ("newest", 3000), ("middle", 2000)] {
      try store.write(Samples.experiment(name, started: started, finished: started + 60), manifest: Data("{}".utf8))
    }
  }

  private func expectEverything(in index: RunIndex) throws {
    #expect(try index.experiments().map(\.name) == ["newest", "middle", "older"])
    #expect(try index.fingerprints(of: .artifacts) == store.fingerprints(of: .artifacts))
    #expect(try index.fingerprints(of: .experiments) == store.fingerprints(of: .experiments))
    #expect(try index.fingerprints(of: .artifacts).count == 3)
  }

  @Test func listsTheNewestFirstWithItsCounts() throws {
    let index = try RunIndex(store: store, in: indexes)
    #expect(try index.experiments().isEmpty)
    try index.add(Samples.experiment("older", started: 1000))
    try index.add(Samples.experiment("newer", started: 2000, finished: 2500))
    let listed = try index.experiments()
    #expect(listed.map(\.name) == ["newer", "older"])
    #expect(listed.map(\.finished) == [Date(timeIntervalSince1970: 2500), nil])
    #expect(listed[0].started == Date(timeIntervalSince1970: 2000) && listed[0].question == "Is it?")
    #expect(listed[0].cells == 2 && listed[0].done == 1 && listed[0].failed == 1)
  }

  @Test func addingAgainReplaces() throws {
    let index = try RunIndex(store: store, in: indexes)
    try index.add(Samples.experiment("x", started: 1000))
    try index.add(Samples.experiment("x", started: 2000))
    let artifact = try Samples.artifact(1, in: store).record
    try index.add(artifact)
    try index.add(artifact)
    #expect(try index.experiments().map(\.started) == [Date(timeIntervalSince1970: 2000)])
    #expect(try index.experiments().map(\.cells) == [2])
    #expect(try index.fingerprints(of: .artifacts) == [artifact.fingerprint])
  }

  @Test func findsByTheFirstDigits() throws {
    try fill()
    let index = try RunIndex(store: store, in: indexes)
    let fingerprint = try #require(try store.fingerprints(of: .artifacts).first)
    #expect(try index.fingerprints(of: .artifacts, prefix: fingerprint.short) == [fingerprint])
    #expect(try index.fingerprints(of: .experiments, prefix: fingerprint.short).isEmpty)
    #expect(throws: RecordsError.self) { try index.fingerprints(of: .artifacts, prefix: "*") }
  }

  @Test func isRebuiltAfterItWasDeleted() throws {
    try fill()
    try expectEverything(in: RunIndex(store: store, in: indexes))
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    try expectEverything(in: RunIndex(store: store, in: indexes))
  }

  @Test func isRebuiltAfterItWasOverwritten() throws {
    try fill()
    try Data("this is no database, however long it may be, and it never was one".utf8)
      .write(to: URL(fileURLWithPath: path))
    try expectEverything(in: RunIndex(store: store, in: indexes))
  }

  @Test func isRebuiltAfterItsPagesWereDamaged() throws {
    try fill()
    do {
      let index = try RunIndex(store: store, in: indexes)
      try expectEverything(in: index)
    }
    for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for place in stride(from: 100, to: bytes.count, by: 7) { bytes[place] = 0xA5 }
    try bytes.write(to: URL(fileURLWithPath: path))
    try expectEverything(in: RunIndex(store: store, in: indexes))
  }

  @Test func catchesUpWithAStoreThatWentOnWithoutIt() throws {
    let index = try RunIndex(store: store, in: indexes)
    try index.add(Samples.experiment("vanished", started: 1))
    try fill()
    try expectEverything(in: RunIndex(store: store, in: indexes))
  }

  /// The store may lie on a file system of many hosts, where SQLite's log must not.
  @Test func nothingOfItLiesInTheStore() throws {
    try fill()
    _ = try RunIndex(store: store, in: indexes)
    #expect(try scratch.names("store").allSatisfy { !$0.contains("index") && !$0.contains("lock") })
  }

  /// Home folders often lie on a network, and the cache folder with them.
  @Test func aCacheFolderOnANetworkIsNotUsed() throws {
    let mounts = """
      22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
      30 22 0:45 / /home rw,relatime shared:9 - nfs4 server:/home rw
      31 30 8:1 / /home/own\\040disk rw - xfs /dev/sda1 rw
      """
    func isShared(_ path: String) -> Bool { IndexFolder.isShared(URL(fileURLWithPath: path), mounts: mounts) }
    #expect(isShared("/home/someone/.cache/antipode") && isShared("/home"))
    #expect(!isShared("/homes/x") && !isShared("/tmp") && !isShared("/home/own disk/cache"))
  }

  @Test func seesThatAnotherHostWroteAnExperimentAnew() throws {
    try fill()
    _ = try RunIndex(store: store, in: indexes)
    try store.write(Samples.experiment("middle", started: 4000), manifest: Data("{}".utf8))
    #expect(try RunIndex(store: store, in: indexes).experiments().map(\.name) == ["middle", "newest", "older"])
  }

  /// Whether two meet where one of them would fail is chance: so a new index, again and again.
  @Test func manyMayOpenItAtOnce() async throws {
    try fill()
    let store = store, indexes = indexes
    for _ in 0..<20 {
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      let listings = try await withThrowingTaskGroup(of: [String].self) { group in
        for number in 0..<8 {
          group.addTask {
            let index = try RunIndex(store: store, in: indexes)
            try index.add(Samples.experiment("middle", started: 2000, finished: 2000 + Double(number)))
            return try index.experiments().map(\.name)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(listings == Array(repeating: ["newest", "middle", "older"], count: 8))
    }
  }

  @Test func damagedRecordsAreLeftOutAndTold() throws {
    try fill()
    let damaged = try #require(try store.artifact(store.fingerprints(of: .artifacts)[0]))
    try Data("{}".utf8).write(to: damaged.file("record.json"))
    let index = try RunIndex(store: store, in: indexes)
    let messages = try index.rebuild()
    #expect(messages.count == 1 && messages[0].hasPrefix(damaged.folder.path))
    #expect(try index.fingerprints(of: .artifacts).count == 2)
    #expect(try index.experiments().count == 3)
  }

  /// The first version's index knew no adapters. Nothing in it is lost when it learns of them.
  @Test func takesUpTheIndexOfTheFirstVersion() throws {
    try fill()
    _ = try RunIndex(store: store, in: indexes)
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
      try database.execute(
        sql: """
          DELETE FROM grdb_migrations WHERE identifier IN ('2 adapters and scores', '3 judgments', '4 any kind of \
          stage', '5 versions of experiments');
          ALTER TABLE experiments DROP COLUMN version;
          CREATE TABLE first AS SELECT * FROM artifacts;
          DROP TABLE artifacts;
          CREATE TABLE artifacts (
            fingerprint TEXT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('anchors', 'prompt', 'generations', 'verdicts', 'metrics')),
            version INTEGER NOT NULL, output TEXT NOT NULL, bytes INTEGER NOT NULL, started INTEGER NOT NULL,
            seconds REAL NOT NULL) STRICT;
          INSERT INTO artifacts SELECT * FROM first;
          DROP TABLE first;
          """)
    }
    try queue.close()
    let index = try RunIndex(store: store, in: indexes)
    try expectEverything(in: index)
    let kinds = ["anchors", "prompt", "adapter", "generations", "verdicts", "judgments", "scores", "metrics", "newer"]
      .map(StageKind.init)
    for kind in kinds {
      let pending = try store.begin(
        Stage(kind: kind, parameters: .object(JSONObject()), inputs: [], seed: 1, label: "later"))
      try Data("a".utf8).write(to: pending.folder.appendingPathComponent("a"))
      try index.add(store.commit(pending, environment: [:], counters: [:]).record)
    }
    #expect(try index.fingerprints(of: .artifacts).count == 3 + kinds.count)
  }

  @Test func refusesTheIndexOfANewerVersion() throws {
    _ = try RunIndex(store: store, in: indexes)
    let queue = try DatabaseQueue(path: path)
    try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
    try queue.close()
    let error = #expect(throws: RecordsError.self) { try RunIndex(store: store, in: indexes) }
    #expect(error?.description.contains("a newer version of Antipode made it") == true)
  }

  @Test func theSchemaHoldsWhatMustBeTrue() throws {
    _ = try RunIndex(store: store, in: indexes)
    let queue = try DatabaseQueue(path: path)
    let hash = String(repeating: "a", count: 64)
    try queue.write { database in
      #expect(try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal")
      try database.execute(sql: "INSERT INTO experiments VALUES (?, 'x', '', 0, NULL, '1', '')", arguments: [hash])
      for statement in [
        "INSERT INTO experiments VALUES ('abc', 'x', '', 0, NULL, '1', '')",
        "INSERT INTO experiments VALUES ('\(hash)', 'x', '', 0, NULL, '1', '')",
        "INSERT INTO cells VALUES ('\(String(repeating: "b", count: 64))', 0, 'l', 'done', '\(hash)', NULL)",
        "INSERT INTO cells VALUES ('\(hash)', 0, 'l', 'perhaps', '\(hash)', NULL)",
        "INSERT INTO cells VALUES ('\(hash)', 0, 'l', 'failed', '\(hash)', NULL)",
        "INSERT INTO artifacts VALUES ('\(hash)', 'Cake!', 1, '\(hash)', 0, 0, 0)",
        "INSERT INTO artifacts VALUES ('\(hash)', 'prompt', 1, '\(hash)', 'many', 0, 0)",
      ] {
        #expect(throws: DatabaseError.self, "\(statement)") { try database.execute(sql: statement) }
      }
    }
  }
}
