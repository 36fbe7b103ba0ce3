import Foundation
import Synchronization
import Testing

/// What becomes of a store: damage, dropping, packing and unpacking, and several processes at once.
struct StoreTests {
  /// The output hash of every artifact, by its place.
  static func outputs(_ store: URL) throws -> [String: String] {
    let objects = store.appending(path: "objects")
    var outputs: [String: String] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: objects.path) where path.hasSuffix("record.json") {
      let record = try JSONSerialization.jsonObject(with: Data(contentsOf: objects.appending(path: path)))
      outputs[path] = (record as? [String: Any])?["output"] as? String
    }
    return outputs
  }

  /// A copy of the shared run's store, with its folder.
  private func copy() throws -> (run: SmallExperiment.Run, folder: URL, store: URL) {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    let store = folder.appending(path: "store")
    try FileManager.default.copyItem(at: run.store, to: store)
    return (run, folder, store)
  }

  private static func file(_ name: String, in store: URL) throws -> URL {
    let objects = store.appending(path: "objects")
    let path = try #require(
      try FileManager.default.subpathsOfDirectory(atPath: objects.path).sorted().first { $0.hasSuffix("/\(name)") })
    return objects.appending(path: path)
  }

  /// Changes a byte in the middle; size and times stay.
  private static func damage(_ file: URL) throws {
    let date = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate]
    var data = try Data(contentsOf: file)
    data[data.count / 2] ^= 1
    try data.write(to: file)
    try FileManager.default.setAttributes([.modificationDate: date as Any], ofItemAtPath: file.path)
  }

  @Test func verifyFindsOneWrongBit() throws {
    let (run, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try Tool.ablate.run(["verify"], store: store).status == 0)
    try Self.damage(Self.file("generations.jsonl", in: store))
    let look = try Tool.ablate.run(["verify", "--look-only"], store: store)
    #expect(look.status == 65 && look.output.contains("generations.jsonl has the hash"), "\(look.output)")
    let found = try Tool.ablate.run(["verify", "--json"], store: store)
    let damaged = try #require(try (found.json() as? [String: Any])?["damaged"] as? [[String: Any]])
    #expect(found.status == 65 && damaged.count == 1)
    let place = try #require(damaged[0]["setAside"] as? String)
    #expect(FileManager.default.fileExists(atPath: place))
    // It is gone from the store, and made anew with the same bytes.
    #expect(try Tool.ablate.run(["verify"], store: store).status == 0)
    let again = try Tool.ablate.run([run.manifest], store: store)
    #expect(again.status == 0 && again.messages.contains("[1/1] generations for"), "\(again.messages)")
    #expect(try Self.outputs(store) == Self.outputs(run.store))
  }

  @Test(arguments: ["anchors.jsonl", "adapter_model.safetensors", "verdicts.jsonl", "record.json"])
  func whatIsDamagedIsNeverServed(name: String) throws {
    let (run, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.damage(Self.file(name, in: store))
    let outcome = try Tool.ablate.run([run.manifest], store: store)
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.messages.contains("damaged") && outcome.messages.contains("made anew"))
    #expect(try Self.outputs(store) == Self.outputs(run.store))
  }

  @Test func aDryRunSaysWhatDiffers() throws {
    let (_, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(in: folder, changes: ["sweep": ["decoding.alpha": [0.4, 0.5]]])
    let rows = try Tool.ablate.run([manifest, "--dry-run"], store: store).output.split(separator: "\n")
    let missing = rows.filter { $0.contains("| miss ") }
    #expect(missing.count == 5, "\(missing)")
    #expect(missing.count { $0.contains("generations") && $0.contains("alpha changed: 0.4 → 0.5") } == 2, "\(missing)")
    #expect(missing.count { $0.contains("verdicts") && $0.contains("follows generations") } == 2, "\(missing)")
    let fresh = try Tool.ablate.run([manifest, "--dry-run"], store: folder.appending(path: "empty")).output
    #expect(fresh.contains("none of this kind yet"))
  }

  @Test func theSweepDropsWhatNothingNeeds() throws {
    let (run, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(in: folder, changes: ["sweep": ["decoding.alpha": [0.9]]])
    let other = try Tool.ablate.run([manifest], store: store)
    #expect(other.status == 0)
    #expect(try Tool.ablate.run(["gc"], store: store).output.contains("Nothing to drop."))
    let before = try Self.outputs(store)
    let told = try Tool.ablate.run(["gc", "--keep", run.hash], store: store)
    #expect(
      told.output.contains("1 experiments, 5 artifacts") && told.output.contains("--yes does it"), "\(told.output)")
    #expect(try Self.outputs(store) == before)
    let done = try Tool.ablate.run(["gc", "--keep", run.hash, "--yes"], store: store)
    #expect(done.status == 0 && done.output.contains("Dropped 1 experiments, 5 artifacts"), "\(done.output)")
    #expect(try Self.outputs(store) == Self.outputs(run.store))
    let listed = try #require(try Tool.ablate.run(["list", "--json"], store: store).json() as? [[String: Any]])
    #expect(listed.count == 1)
    #expect(try Tool.ablate.run(["verify"], store: store).status == 0)
  }

  @Test func anExperimentTravels() throws {
    let (run, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    let archive = folder.appending(path: "small.tar").path
    let packed = try Tool.ablate.run(["export", run.hash, archive], store: store)
    #expect(packed.status == 0 && packed.output.contains("17 artifacts"), "\(packed.output)\(packed.messages)")
    // The anchors' answers travel only when they are asked for by name.
    let whole = try Tool.ablate.run(["export", run.hash, archive + ".whole", "--with-answers"], store: store)
    #expect(whole.status == 0 && whole.output.contains("18 artifacts"), "\(whole.output)\(whole.messages)")
    // Another machine: another store, another folder, and no data files but those that travelled.
    let elsewhere = folder.appending(path: "elsewhere"), second = folder.appending(path: "second")
    try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
    let taken = try Tool.ablate.run(["import", archive], store: second, folder: elsewhere)
    #expect(
      taken.status == 0 && taken.output.contains("17 artifacts taken, 0 known"), "\(taken.output)\(taken.messages)")
    let again = try Tool.ablate.run(["rerun", run.hash], store: second, folder: elsewhere)
    #expect(again.status == 0, "\(again.output)\(again.messages)")
    #expect(try Tool.ablate.run(["verify"], store: second).status == 0)
    // Every tar reads it.
    let tar = Process()
    tar.executableURL = URL(filePath: "/bin/tar")
    tar.arguments = ["-tf", archive]
    tar.standardOutput = FileHandle.nullDevice
    try tar.run()
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    #expect(try Tool.ablate.run(["import", archive], store: second).output.contains("0 artifacts taken, 17 known"))
    // A wrong bit anywhere in it is found, and nothing is taken.
    var data = try Data(contentsOf: URL(filePath: archive))
    data[data.count / 2] ^= 4
    let wrong = folder.appending(path: "wrong.tar"), third = folder.appending(path: "third")
    try data.write(to: wrong)
    let refused = try Tool.ablate.run(["import", wrong.path], store: third)
    #expect(refused.status == 65, "\(refused.output)\(refused.messages)")
    #expect(!FileManager.default.fileExists(atPath: third.appending(path: "objects").path))
  }

  /// What may be published holds no request and no answer, and a run goes on from it without generating them again.
  @Test func resultsAloneTravel() throws {
    let (run, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    let archive = folder.appending(path: "results.tar").path, second = folder.appending(path: "second")
    let both = try Tool.ablate.run(["export", run.hash, archive, "--results-only", "--with-answers"], store: store)
    #expect(both.status == 64 && both.messages.contains("exclude each other"), "\(both.messages)")
    let packed = try Tool.ablate.run(["export", run.hash, archive, "--results-only"], store: store)
    #expect(packed.status == 0, "\(packed.messages)")
    // Every request and every answer of the experiment, as text.
    var texts: [String] = []
    func read(_ key: String, from file: URL) throws {
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        texts.append(try #require(row?[key] as? String))
      }
    }
    for set in ["harmful", "harmless"] {
      try read("instruction", from: run.folder.appending(path: "\(set).jsonl"))
    }
    let objects = store.appending(path: "objects")
    for path in try FileManager.default.subpathsOfDirectory(atPath: objects.path)
    where path.hasSuffix("generations.jsonl") {
      try read("text", from: objects.appending(path: path))
    }
    let whole = String(decoding: try Data(contentsOf: URL(filePath: archive)), as: UTF8.self)
    #expect(texts.count == 24 && !texts.contains { $0.count > 12 && whole.contains($0) })

    #expect(try Tool.ablate.run(["import", archive], store: second).status == 0)
    let planned = try Tool.ablate.run([run.manifest, "--dry-run", "--only-needed"], store: second)
    #expect(
      planned.output.contains("not needed: its results are stored") && planned.output.contains("\n0 of "),
      "\(planned.output)\(planned.messages)")
    let made = try Tool.ablate.run([run.manifest, "--only-needed"], store: second)
    #expect(made.status == 0 && made.messages.contains("not needed"), "\(made.messages)")
    #expect(made.output.contains(run.hash))
    // What the answers hashed to is known still.
    let again = try Tool.ablate.run(["rerun", run.hash], store: second)
    #expect(again.status == 0, "\(again.output)\(again.messages)")
  }

  @Test func aRerunTakesTheDataFilesOfTheFirstRun() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder, changes: ["sweep": ["decoding.method": ["base"]], "baselines": []])
    let first = try Tool.ablate.run([manifest], store: store)
    let hash = try #require(first.output.split(separator: "\n").first { $0.hasPrefix("experiment ") }?.dropFirst(11))
    try Data("{\"id\": \"x\", \"instruction\": \"Another.\"}\n".utf8)
      .write(to: folder.appending(path: "harmful.jsonl"))
    try FileManager.default.removeItem(at: folder.appending(path: "harmless.jsonl"))
    let again = try Tool.ablate.run(["rerun", String(hash)], store: store)
    #expect(again.status == 0, "\(again.output)\(again.messages)")
  }

  @Test func aRerunOfWhatChangedIsNoSuccess() throws {
    let (run, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    // As if the manifest's experiment had another hash today.
    let experiments = store.appending(path: "experiments/\(run.hash.prefix(2))")
    let other = String(repeating: "0", count: 62)
    try FileManager.default.moveItem(
      at: experiments.appending(path: String(run.hash.dropFirst(2))), to: experiments.appending(path: other))
    let hash = run.hash.prefix(2) + other, record = experiments.appending(path: "\(other)/record.json")
    let text = try String(contentsOf: record, encoding: .utf8).replacing(run.hash, with: hash)
    try Data(text.utf8).write(to: record)
    let outcome = try Tool.ablate.run(["rerun", String(hash)], store: store)
    #expect(outcome.status == 2, "\(outcome.output)\(outcome.messages)")
    #expect(outcome.output.contains("is now experiment \(run.hash.prefix(12))"))
    #expect(
      try Tool.ablate.run(["rerun", String(hash), "--keep", store.path], store: store).status == 64,
      "a rerun in the store itself compares nothing")
  }

  @Test func onAnotherKindOfMachineMetricsAreCompared() throws {
    let (run, folder, store) = try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    // As if another processor had written other bytes.
    let objects = store.appending(path: "objects")
    for path in try FileManager.default.subpathsOfDirectory(atPath: objects.path) where path.hasSuffix("record.json") {
      let file = objects.appending(path: path)
      var text = try String(contentsOf: file, encoding: .utf8)
      let flags = try #require(text.firstMatch(of: try Regex(#""flags":"[^"]*""#)))
      text.replaceSubrange(flags.range, with: #""flags":"other""#)
      if text.contains(#""kind":"metrics""#) || text.contains(#""kind":"generations""#) {
        let output = try #require(text.firstMatch(of: try Regex(#""output":"[0-9a-f]{64}""#)))
        text.replaceSubrange(output.range, with: #""output":"\#(String(repeating: "0", count: 64))""#)
      }
      try Data(text.utf8).write(to: file)
    }
    let outcome = try Tool.ablate.run(["rerun", run.hash], store: store)
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.messages)")
    #expect(outcome.output.contains("Another kind of machine (flags: other then"))
    #expect(outcome.output.contains("3 of 3 answers are the same"))
    #expect(outcome.output.contains("Every metric is within the first run's interval."))
  }

  @Test func failFastEndsAtTheFirstFailure() throws {
    let folder = try SmallExperiment.folder(), store = folder.appending(path: "store")
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(
      in: folder,
      changes: [
        // The first diverges, the second does not.
        "sweep": ["tuning.learningRate": [1e300, 0.001]], "decoding": ["method": "sp", "maximumTokens": 6],
        "baselines": [],
      ])
    let outcome = try Tool.ablate.run([manifest, "--fail-fast"], store: store)
    #expect(outcome.status == 3)
    #expect(outcome.output.split(separator: "\n").count { $0.contains("failed") } == 2, "\(outcome.output)")
    #expect(outcome.messages.contains("Tuning diverged: at step"), "\(outcome.messages)")
    #expect(!outcome.messages.contains("[3/"), "\(outcome.messages)")
    // The next run, without it, retries what failed and does the rest.
    let after = try Tool.ablate.run([manifest], store: store)
    #expect(after.status == 3 && after.messages.contains("safeguarding prompt"))
    let last = try Tool.ablate.run([manifest], store: store)
    #expect(last.status == 3 && !last.messages.contains("safeguarding prompt: done"), "\(last.messages)")
  }

  // MARK: Several processes

  /// Runs bodies on threads of their own, and waits for all.
  private func together(_ bodies: [@Sendable () throws -> Void]) throws {
    let errors = Mutex<[String]>([]), group = DispatchGroup()
    for body in bodies {
      group.enter()
      Thread.detachNewThread {
        do { try body() } catch { errors.withLock { $0.append("\(error)") } }
        group.leave()
      }
    }
    group.wait()
    #expect(errors.withLock { $0 }.isEmpty)
  }

  @Test func twoProcessesShareTheWork() throws {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(in: folder), store = folder.appending(path: "store")
    let messages = Mutex<[String]>([])
    let ends = Mutex(0)
    let readers: @Sendable () throws -> Void = {
      repeat {
        let outcome = try Tool.ablate.run(["list", "--json"], store: store)
        #expect(outcome.status == 0, "\(outcome.messages)")
        #expect(throws: Never.self) { try outcome.json() }
      } while ends.withLock { $0 } < 2
    }
    let runner: @Sendable () throws -> Void = {
      defer { ends.withLock { $0 += 1 } }
      let outcome = try Tool.ablate.run([manifest, "--threads", "1"], store: store)
      #expect(outcome.status == 0, "\(outcome.messages)")
      messages.withLock { $0.append(outcome.messages) }
    }
    try together([runner, runner, readers, readers])
    #expect(try StoreTests.outputs(store) == StoreTests.outputs(run.store))
    let done = messages.withLock { $0 }.flatMap { $0.split(separator: "\n") }.filter { $0.contains(": done in ") }
    let stages = done.map { $0.drop { $0 != " " } }.map { $0.prefix { $0 != ":" } }
    #expect(Set(stages).count == stages.count && stages.count == 18, "a stage was computed twice: \(stages)")
  }

  /// A short, seeded share of what `make soak` does two hundred times.
  @Test func killedAtAnyMomentARunEndsAsIfItHadNotBeen() throws {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(in: folder), store = folder.appending(path: "store")
    var random: UInt64 = 20_261_124
    for _ in 0..<6 {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let seconds = 0.2 + Double(random >> 40) / Double(1 << 24) * 3
      let outcome = try Tool.ablate.run([manifest], store: store, killedAfter: seconds)
      #expect([9, 0].contains(outcome.status), "\(outcome.messages)")
    }
    let last = try Tool.ablate.run([manifest], store: store)
    #expect(last.status == 0, "\(last.messages)")
    #expect(try Self.outputs(store) == Self.outputs(run.store))
    #expect(try Tool.ablate.run(["verify"], store: store).status == 0)
    let left = try FileManager.default.contentsOfDirectory(atPath: store.appending(path: "work").path)
    #expect(left.isEmpty, "\(left)")
  }
}
