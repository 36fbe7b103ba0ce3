import Stages
package import Fingerprints
import Foundation
import GRDB
import Messages
import Synchronization

/// An index over the store for fast listings: one SQLite file a store and host, in a folder of this host's own, since
/// SQLite's write-ahead log does not work over a network. It holds nothing that the store does not; missing, damaged or
/// out of step with the store, it is rebuilt when it is opened.
package struct RunIndex: Sendable {
  private let store: ArtifactStore
  private let path: String
  private let database: DatabasePool

  /// Opens the index of a store, making or rebuilding it as needed. Throws `RecordsError.index` when a newer version
  /// made it or SQLite can't use the place, and `.cannotWrite` when the folder can't be made.
  /// - Parameter folder: Where this host keeps indexes.
  package init(store: ArtifactStore, in folder: IndexFolder = .standard) throws {
    self.store = store
    path = try folder.file(of: store).path
    // Not all of it waits in SQLite: of two connections that turn a new file to its write-ahead log, one fails at once.
    let lock = try IndexFolder.lock(path)
    defer { withExtendedLifetime(lock) {} }
    do {
      database = try Self.open(path)
    } catch let error as DatabaseError where Self.isDamage(error) {
      try Self.remove(path)
      database = try Self.translating(path) { [path] in try Self.open(path) }
    } catch let error as DatabaseError {
      throw Self.failure(error, path)
    }
    if try !isComplete() { try rebuild() }
  }

  /// All experiments, the newest first.
  package func experiments() throws -> [ExperimentSummary] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT e.fingerprint, e.name, e.question, e.started, e.finished, COUNT(c.position) AS cells,
            COALESCE(SUM(c.status = 'done'), 0) AS done, COALESCE(SUM(c.status = 'failed'), 0) AS failed
          FROM experiments AS e LEFT JOIN cells AS c ON c.experiment = e.fingerprint
          GROUP BY e.fingerprint ORDER BY e.started DESC, e.fingerprint
          """
      ).compactMap(Self.summary)
    }
  }

  /// The fingerprints of a collection that begin with the given digits (all of them for an empty text), sorted.
  package func fingerprints(of collection: ArtifactStore.Collection, prefix: String = "") throws -> [Fingerprint] {
    guard prefix.isEmpty || Fingerprint.isPrefix(prefix) else { throw RecordsError.notAPrefix(prefix) }
    let table = collection.rawValue
    return try read { database in
      try String.fetchAll(
        database, sql: "SELECT fingerprint FROM \(table) WHERE fingerprint GLOB ? ORDER BY fingerprint",
        arguments: [prefix + "*"]
      ).compactMap(Fingerprint.init(hexadecimal:))
    }
  }

  /// Adds an artifact that was committed, or brings it up to date.
  package func add(_ artifact: ArtifactRecord) throws {
    try write { try Self.insert(artifact, into: $0) }
  }

  /// Adds an experiment that was written, or brings it up to date.
  package func add(_ experiment: ExperimentRecord) throws {
    let version = store.version(ofExperiment: experiment.fingerprint)
    try write { try Self.insert(experiment, version, into: $0) }
  }

  /// Empties the index and fills it from the store, in one transaction. Returns a message for each record of the
  /// store that is damaged; those are left out.
  @discardableResult
  package func rebuild() throws -> [String] {
    var artifacts: [ArtifactRecord] = []
    var experiments: [(record: ExperimentRecord, version: String)] = []
    var damaged: [String] = []
    for fingerprint in try store.fingerprints(of: .artifacts) {
      do {
        if let artifact = try store.artifact(fingerprint) { artifacts.append(artifact.record) }
      } catch {
        damaged.append("\(error)")
      }
    }
    for fingerprint in try store.fingerprints(of: .experiments) {
      do {
        // One that is written anew between the two is read again when the index is opened next.
        let version = store.version(ofExperiment: fingerprint)
        if let experiment = try store.experiment(fingerprint) { experiments.append((experiment, version)) }
      } catch {
        damaged.append("\(error)")
      }
    }
    // A record that breaks what must be true is left out, and keeps none of the others from its place.
    let refused = Mutex<[String]>([])
    try write { [artifacts, experiments] database in
      try database.execute(sql: "DELETE FROM cells; DELETE FROM experiments; DELETE FROM artifacts;")
      func add(_ name: String, _ body: () throws -> Void) throws {
        do {
          try database.inSavepoint {
            try body()
            return .commit
          }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
          refused.withLock { $0.append("\(name): \(error.message ?? "\(error)")") }
        }
      }
      for artifact in artifacts { try add(artifact.fingerprint.short) { try Self.insert(artifact, into: database) } }
      for (experiment, version) in experiments {
        try add(experiment.fingerprint.short) { try Self.insert(experiment, version, into: database) }
      }
    }
    return damaged + refused.withLock { $0 }
  }

  /// Whether index and store name the same artifacts and experiments, and these were not written anew since. They don't
  /// after another host or a worker wrote to the store, after a process ended between the two, or after the store was
  /// changed by hand.
  private func isComplete() throws -> Bool {
    guard
      try ArtifactStore.Collection.allCases.allSatisfy({ try fingerprints(of: $0) == store.fingerprints(of: $0) })
    else { return false }
    let versions = try read { database in
      try Row.fetchAll(database, sql: "SELECT fingerprint, version FROM experiments").map { row in
        (fingerprint: row["fingerprint"] as String, version: row["version"] as String)
      }
    }
    return versions.allSatisfy { row in
      Fingerprint(hexadecimal: row.fingerprint).map(store.version(ofExperiment:)) == row.version
    }
  }

  // MARK: The database

  private static func open(_ path: String) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.busyMode = .timeout(30)
    configuration.foreignKeysEnabled = true
    let database = try DatabasePool(path: path, configuration: configuration)
    if try database.read(migrator.hasBeenSuperseded) {
      throw RecordsError.index(path: path, reason: "a newer version of Antipode made it")
    }
    try migrator.migrate(database)
    let check = try database.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    guard check == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: check) }
    return database
  }

  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 artifacts, experiments, cells") { database in
      try createArtifacts(kinds: ["anchors", "prompt", "generations", "verdicts", "metrics"], in: database)
      try database.execute(
        sql: """
          CREATE TABLE experiments (
            fingerprint TEXT NOT NULL PRIMARY KEY CHECK (\(isFingerprint)),
            name TEXT NOT NULL CHECK (name <> ''),
            question TEXT NOT NULL,
            started INTEGER NOT NULL,
            finished INTEGER,
            tool_version TEXT NOT NULL
          ) STRICT;
          CREATE INDEX experiments_by_start ON experiments (started);
          CREATE TABLE cells (
            experiment TEXT NOT NULL REFERENCES experiments (fingerprint) ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            label TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'failed')),
            metrics TEXT NOT NULL CHECK (length(metrics) = 64),
            failure TEXT CHECK ((failure IS NOT NULL) = (status = 'failed')),
            PRIMARY KEY (experiment, position),
            UNIQUE (experiment, label)
          ) STRICT;
          """)
    }
    // SQLite can't change a check, so the table is made anew.
    migrator.registerMigration("2 adapters and scores") { database in
      try remakeArtifacts(
        kinds: ["anchors", "prompt", "adapter", "generations", "verdicts", "scores", "metrics"], in: database)
    }
    migrator.registerMigration("3 judgments") { database in
      try remakeArtifacts(
        kinds: ["anchors", "prompt", "adapter", "generations", "verdicts", "judgments", "scores", "metrics"],
        in: database)
    }
    // A new kind of stage needs no change here.
    migrator.registerMigration("4 any kind of stage") { database in
      try remakeArtifacts(kinds: nil, in: database)
    }
    // Other hosts write to the store too, and know nothing of this index.
    migrator.registerMigration("5 versions of experiments") { database in
      try database.execute(sql: "ALTER TABLE experiments ADD COLUMN version TEXT NOT NULL DEFAULT ''")
    }
    return migrator
  }

  private static let isFingerprint = "length(fingerprint) = 64 AND fingerprint NOT GLOB '*[^0-9a-f]*'"

  /// - Parameter kinds: The kinds that there are; nil for any name in small letters.
  private static func createArtifacts(kinds: [String]?, in database: Database) throws {
    let isKind =
      kinds.map { "kind IN (\($0.map { "'\($0)'" }.joined(separator: ", ")))" }
      ?? "kind <> '' AND kind NOT GLOB '*[^a-z-]*'"
    try database.execute(
      sql: """
        CREATE TABLE artifacts (
          fingerprint TEXT NOT NULL PRIMARY KEY CHECK (\(isFingerprint)),
          kind TEXT NOT NULL CHECK (\(isKind)),
          version INTEGER NOT NULL CHECK (version > 0),
          output TEXT NOT NULL CHECK (length(output) = 64),
          bytes INTEGER NOT NULL CHECK (bytes >= 0),
          started INTEGER NOT NULL,
          seconds REAL NOT NULL CHECK (seconds >= 0)
        ) STRICT;
        """)
  }

  private static func remakeArtifacts(kinds: [String]?, in database: Database) throws {
    try database.execute(sql: "ALTER TABLE artifacts RENAME TO older")
    try createArtifacts(kinds: kinds, in: database)
    try database.execute(sql: "INSERT INTO artifacts SELECT * FROM older; DROP TABLE older;")
  }

  private static func insert(_ artifact: ArtifactRecord, into database: Database) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        artifact.fingerprint.hexadecimal, artifact.stage.kind.rawValue, artifact.stage.version,
        artifact.output.hexadecimal, artifact.files.reduce(0) { $0 + $1.size },
        Int(artifact.started.timeIntervalSince1970), max(0, artifact.seconds),
      ])
  }

  private static func insert(
    _ experiment: ExperimentRecord, _ version: String, into database: Database
  ) throws {
    let fingerprint = experiment.fingerprint.hexadecimal
    try database.execute(sql: "DELETE FROM experiments WHERE fingerprint = ?", arguments: [fingerprint])
    try database.execute(
      sql: "INSERT INTO experiments VALUES (?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        fingerprint, experiment.name, experiment.question, Int(experiment.started.timeIntervalSince1970),
        experiment.finished.map { Int($0.timeIntervalSince1970) }, experiment.toolVersion, version,
      ])
    for (position, cell) in experiment.cells.enumerated() {
      try database.execute(
        sql: "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          fingerprint, position, cell.label, cell.status.rawValue, cell.stage(.metrics)?.hexadecimal, cell.failure,
        ])
    }
  }

  private static func summary(_ row: Row) -> ExperimentSummary? {
    guard let fingerprint = Fingerprint(hexadecimal: row["fingerprint"]) else { return nil }
    let finished: Int? = row["finished"]
    let started: Int = row["started"]
    return ExperimentSummary(
      fingerprint: fingerprint, name: row["name"], question: row["question"],
      started: Date(timeIntervalSince1970: Double(started)),
      finished: finished.map { Date(timeIntervalSince1970: Double($0)) }, cells: row["cells"], done: row["done"],
      failed: row["failed"])
  }

  private func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) throws -> Value {
    try Self.translating(path) { try database.read(body) }
  }

  private func write(_ body: @Sendable (Database) throws -> Void) throws {
    try Self.translating(path) { try database.write(body) }
  }

  private static func translating<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw failure(error, path)
    }
  }

  private static func failure(_ error: DatabaseError, _ path: String) -> RecordsError {
    let reason = error.message ?? "\(error)"
    return switch error.resultCode {
    case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN: .cannotWrite(path: path, reason: reason)
    default: .index(path: path, reason: reason)
    }
  }

  private static func isDamage(_ error: DatabaseError) -> Bool {
    error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
  }

  private static func remove(_ path: String) throws {
    for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
      do {
        try FileManager.default.removeItem(atPath: path + suffix)
      } catch {
        throw RecordsError.cannotWrite(path: path + suffix, reason: SystemError.wording(error))
      }
    }
  }
}
