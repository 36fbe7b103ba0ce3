import Foundation
import TestSupport
import Testing

/// What becomes of a stage whose process stands still for longer than its lease lasts.
@Suite(.enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
struct LeaseTests {
  private static func start(_ manifest: String, store: URL, messages: URL) throws -> Process {
    let process = Process()
    process.executableURL = Tool.products.appendingPathComponent("ablate")
    process.arguments = [manifest, "--threads", "1"]
    process.currentDirectoryURL = Tool.repository
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["ANTIPODE_STORE": store.path, "ANTIPODE_LEASE_SECONDS": "2"]) { $1 }
    try Data().write(to: messages)
    process.standardError = try FileHandle(forWritingTo: messages)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Waits for what must come, however long it takes.
  private static func wait(for condition: () throws -> Bool) throws -> Bool {
    let end = Date(timeIntervalSinceNow: 600)
    while try !condition() {
      guard Date() < end else { return false }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return true
  }

  @Test func aStageIsTakenOverAndItsFirstOwnerComesBackToTheSameBytes() throws {
    let run = try SmallExperiment.shared(), folder = try SmallExperiment.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let manifest = try SmallExperiment.write(in: folder), store = folder.appending(path: "store")
    let told = folder.appending(path: "told")
    let first = try Self.start(manifest, store: store, messages: told)
    func text() throws -> String { try String(contentsOf: told, encoding: .utf8) }
    #expect(try Self.wait { try text().contains("safeguarding prompt: 1/4") })
    kill(first.processIdentifier, SIGSTOP)
    // The second waits for the lease to expire, and goes on from the first's checkpoint in a folder of its own.
    let second = try Tool.ablate.run([manifest], store: store, environment: ["ANTIPODE_LEASE_SECONDS": "2"])
    #expect(second.status == 0 && second.messages.contains("another process is computing it"), "\(second.messages)")
    kill(first.processIdentifier, SIGCONT)
    first.waitUntilExit()
    let last = try text()
    #expect(first.terminationStatus == 0, "\(last)")
    #expect(try StoreTests.outputs(store) == StoreTests.outputs(run.store))
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.appending(path: "users").path).isEmpty)
  }
}
