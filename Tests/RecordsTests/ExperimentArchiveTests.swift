import Experiments
import Fingerprints
import Foundation
import JSON
import Stages
import Testing

@testable import Records

struct TarArchiveTests {
  private func archive(_ entries: [(name: String, data: Data)]) throws -> Data {
    var data = Data()
    for entry in entries {
      data += try #require(TarArchive.header(name: entry.name, size: entry.data.count)) + entry.data
      data += TarArchive.padding(after: entry.data.count)
    }
    return data + TarArchive.end
  }

  private func entries(_ data: Data) throws -> [TarArchive.Entry] {
    var entries: [TarArchive.Entry] = []
    try TarArchive.read(data) { entries.append($0) }
    return entries
  }

  /// An archive of one file whose header is changed, with a right sum.
  private func changed(_ change: (inout [UInt8]) -> Void) throws -> Data {
    var bytes = [UInt8](try archive([("a/b", Data("hello".utf8))]))
    change(&bytes)
    for offset in 148..<156 { bytes[offset] = UInt8(ascii: " ") }
    let digits = String(bytes[..<512].reduce(0) { $0 + Int($1) }, radix: 8)
    for (offset, byte) in (String(repeating: "0", count: 6 - digits.count) + digits).utf8.enumerated() {
      bytes[148 + offset] = byte
    }
    return Data(bytes)
  }

  @Test func whatIsWrittenIsRead() throws {
    let long =
      "objects/ab/\(String(repeating: "c", count: 62))/\(String(repeating: "d", count: 40))/adapter_model.safetensors"
    let files = [("a", Data()), (long, Data((0..<1300).map { UInt8(truncatingIfNeeded: $0) })), ("ü/é", Data([7]))]
    let read = try entries(archive(files))
    #expect(read.map(\.name) == files.map(\.0) && read.map(\.data) == files.map(\.1))
    #expect(TarArchive.header(name: String(repeating: "x", count: 300), size: 1) == nil)
  }

  @Test(arguments: [
    "../x", "a/../../x", "/etc/passwd", "./x", "a//b", "a/./b", "a/", "", "a\\b", "a\u{1}b", "..",
  ])
  func namesThatLeadElsewhereAreRefused(name: String) throws {
    let data = try changed { bytes in
      for offset in 0..<100 { bytes[offset] = 0 }
      for (offset, byte) in name.utf8.enumerated() { bytes[offset] = byte }
    }
    #expect(throws: TarArchive.Malformed.self) { try entries(data) }
  }

  /// Hard and symbolic links, devices, folders, pipes, long names, extensions.
  @Test(arguments: "123456LKxgV".utf8) func onlyPlainFilesAreTaken(type: UInt8) throws {
    #expect(throws: TarArchive.Malformed.self) { try entries(changed { $0[156] = type }) }
  }

  @Test func sizesThatLieAreRefused() throws {
    for size in ["77777777777", "00000007001", "-0000000001", "99999999999", "\u{0}"] {
      let data = try changed { bytes in
        for offset in 124..<136 { bytes[offset] = 0 }
        for (offset, byte) in size.utf8.enumerated() { bytes[124 + offset] = byte }
      }
      #expect(throws: TarArchive.Malformed.self, "\(size)") { try entries(data) }
    }
    let whole = try archive([("a", Data("hello".utf8))])
    for count in [0, 100, 512, 514, 1023] {
      #expect(throws: TarArchive.Malformed.self) { try entries(whole.prefix(count)) }
    }
    #expect(throws: TarArchive.Malformed.self, "one name twice") {
      try entries(archive([("a", Data()), ("a", Data([1]))]))
    }
  }
}

struct ExperimentArchiveTests {
  private let folder: URL
  private let store: ArtifactStore
  private let experiment = Fingerprint(of: "experiment")
  private let stage = Stage(kind: .verdicts, parameters: ["judge": "j"], inputs: [], seed: nil, label: "")

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "antipode-archive-\(UUID().uuidString)")
    store = ArtifactStore(folder: folder.appending(path: "store"))
    let pending = try store.begin(stage)
    try Data("x".utf8).write(to: pending.folder.appending(path: "verdicts.jsonl"))
    _ = try store.commit(pending, environment: [:])
    let cell = CellRecord(
      label: "c", overrides: [], isBaseline: false,
      stages: [.init(kind: .verdicts, name: "s", fingerprint: stage.fingerprint)], metrics: nil, failure: nil)
    try store.write(
      ExperimentRecord(
        fingerprint: experiment, name: "n", question: "", cells: [cell], started: Date(timeIntervalSince1970: 0),
        finished: nil, environment: [:], toolVersion: "0"), manifest: Data("{}".utf8))
    try store.write(ExperimentFiles(files: ["a": Data("data".utf8)]), of: experiment)
  }

  /// Imports an archive of the entries and of a right list of their hashes.
  private func import_(_ entries: [(String, Data)]) throws -> ArtifactStore {
    try import_(exactly: entries + [(ArchiveChecksums.name, checksums(of: entries))])
  }

  private func checksums(of entries: [(String, Data)]) -> Data {
    var checksums = ArchiveChecksums()
    for (name, content) in entries { checksums.add(name, content) }
    return checksums.data
  }

  private func import_(exactly entries: [(String, Data)]) throws -> ArtifactStore {
    var data = Data()
    for (name, content) in entries {
      data += try #require(TarArchive.header(name: name, size: content.count)) + content
      data += TarArchive.padding(after: content.count)
    }
    let file = folder.appending(path: "hostile.tar"), target = ArtifactStore(folder: folder.appending(path: "target"))
    try (data + TarArchive.end).write(to: file)
    _ = try ExperimentArchive.read(file, into: target)
    return target
  }

  /// A good archive.
  private func export() throws -> URL {
    let file = folder.appending(path: "good.tar")
    _ = try ExperimentArchive.write(experiment, from: store, to: file) { _ in true }
    return file
  }

  /// The entries of a good archive, without the list of their hashes.
  private func good() throws -> [(String, Data)] {
    var entries: [(String, Data)] = []
    try TarArchive.read(Data(contentsOf: export())) { entries.append(($0.name, $0.data)) }
    #expect(entries.last?.0 == ArchiveChecksums.name)
    return entries.dropLast()
  }

  @Test func aGoodArchiveComesBackWhole() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let target = try import_(good())
    #expect(try target.verifiedArtifact(stage.fingerprint) != nil)
    #expect(try target.files(of: experiment).files == ["a": Data("data".utf8)])
  }

  @Test func aWrongBitAnywhereIsFound() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let whole = try Data(contentsOf: export()), file = folder.appending(path: "wrong.tar")
    let target = ArtifactStore(folder: folder.appending(path: "target"))
    // Odd steps pass every place of the blocks of 512 bytes.
    for place in stride(from: 0, to: whole.count, by: 13) {
      var data = whole
      data[place] ^= 1 << UInt8(place % 8)
      try data.write(to: file)
      #expect(throws: RecordsError.self, "byte \(place)") { try ExperimentArchive.read(file, into: target) }
    }
    #expect(!FileManager.default.fileExists(atPath: target.folder.appending(path: "objects").path))
  }

  @Test func whatIsNotListedIsRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let entries = try good()
    #expect(throws: RecordsError.self) { try import_(exactly: entries) }
    for listed in [Data(), Data([0xFF]), checksums(of: entries.dropLast()), checksums(of: entries + [("x", Data())])] {
      #expect(throws: RecordsError.self) { try import_(exactly: entries + [(ArchiveChecksums.name, listed)]) }
    }
  }

  @Test func itsHashesAreCheckedByOthersToo() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let check = Process()
    check.executableURL = URL(filePath: "/bin/sh")
    check.arguments = ["-c", "tar -xf \"$0\" && sha256sum --check --strict --quiet SHA256SUMS", try export().path]
    check.currentDirectoryURL = folder
    try check.run()
    check.waitUntilExit()
    #expect(check.terminationStatus == 0)
  }

  @Test func whatAKillLeftBesideIsNotPacked() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let place = store.place(of: experiment, in: .experiments)
    try Data("half".utf8).write(to: place.appending(path: ".record.json.\(UUID().uuidString)"))
    #expect(throws: Never.self) { try import_(good()) }
  }

  @Test func filesThatBelongNowhereAreRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["x", "objects/x", "experiments/ab/cd/record.json", "lock", "index.sqlite", "work/x/lock"] {
      #expect(throws: RecordsError.self, "\(name)") { try import_(good() + [(name, Data())]) }
    }
    let digits = stage.fingerprint.hexadecimal
    let beside = "objects/\(digits.prefix(2))/\(digits.dropFirst(2))/more"
    #expect(throws: RecordsError.self) { try import_(good() + [(beside, Data())]) }
    #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "target/objects").path))
  }

  /// A record that lists a file elsewhere: a device that never ends, or somebody's secret.
  @Test(arguments: ["../../../../../../../../dev/zero", "/dev/zero", "../../../good.tar"])
  func aRecordThatListsOtherFilesIsRefused(name: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let entries = try good().map { entry -> (String, Data) in
      guard entry.0.hasPrefix("objects/"), entry.0.hasSuffix("record.json") else { return entry }
      let text = String(decoding: entry.1, as: UTF8.self)
        .replacing("\"name\":\"verdicts.jsonl\",", with: "\"name\":\"\(name)\",").replacing(
          "\"size\":1", with: "\"size\":0")
      return (entry.0, Data(text.utf8))
    }
    #expect(throws: RecordsError.self) { try import_(entries) }
  }

  @Test func recordsThatNoIndexTakesSpoilNoListing() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let entries = try good().map { entry -> (String, Data) in
      guard entry.0.hasPrefix("experiments/"), entry.0.hasSuffix("/record.json") else { return entry }
      return (
        entry.0, Data(String(decoding: entry.1, as: UTF8.self).replacing("\"name\":\"n\"", with: "\"name\":\"\"").utf8)
      )
    }
    let target = try import_(entries)
    let indexes = IndexFolder(folder.appending(path: "indexes")), index = try RunIndex(store: target, in: indexes)
    #expect(try index.experiments().isEmpty)
    #expect(try index.fingerprints(of: .artifacts).count == 1)
    #expect(try RunIndex(store: target, in: indexes).rebuild().count == 1)
  }
}

struct StoreSweepTests {
  private let store = ArtifactStore(
    folder: FileManager.default.temporaryDirectory.appending(path: "antipode-sweep-\(UUID().uuidString)"))

  private func commit(_ kind: StageKind, _ inputs: [Fingerprint] = []) throws -> Fingerprint {
    let stage = Stage(
      kind: kind, parameters: [:], inputs: inputs.map { .init(name: "i", fingerprint: $0) }, seed: nil, label: "")
    let pending = try store.begin(stage)
    try Data("x".utf8).write(to: pending.folder.appending(path: "a"))
    return try store.commit(pending, environment: [:]).record.fingerprint
  }

  @Test func tunedPromptsAreKeptWithWhatTheyWereMadeFrom() throws {
    defer { try? FileManager.default.removeItem(at: store.folder) }
    let anchors = try commit(.anchors), prompt = try commit(.prompt, [anchors]), stray = try commit(.scores)
    let sweep = try store.sweep()
    #expect(sweep.artifacts.map(\.fingerprint) == [stray])
    try store.drop(sweep)
    #expect(try store.fingerprints(of: .artifacts) == [anchors, prompt].sorted())
  }

  @Test func nothingIsDroppedForARecordThatCanNotBeRead() throws {
    defer { try? FileManager.default.removeItem(at: store.folder) }
    _ = try commit(.metrics)
    let experiment = Fingerprint(of: "e")
    try store.write(
      ExperimentRecord(
        fingerprint: experiment, name: "n", question: "", cells: [], started: Date(), finished: nil, environment: [:],
        toolVersion: "0"), manifest: Data("{}".utf8))
    let record = store.place(of: experiment, in: .experiments).appending(path: "record.json")
    try Data("{".utf8).write(to: record)
    #expect(throws: RecordsError.self) { try store.sweep() }
  }
}
