import Foundation
import TestSupport
import Testing

/// The tool `serve` as a process: `ServingTests` have its routes, `Tests/Clients` its clients.
struct ServeTests {
  @Test(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)")) func itServesUntilItIsTold() throws {
    let store = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: store) }
    let outcome = try Tool.serve.run(["--port", "0"], store: store, interruptedAt: "ready: ")
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.output.hasPrefix("http://127.0.0.1:"))
    // Without tuned prompts, what needs none.
    #expect(outcome.messages.contains(":base,") && !outcome.messages.contains(":acd"))
    #expect(!outcome.messages.contains(":opposite"))
  }

  @Test func anotherAddressNeedsAKey() throws {
    let open = try Tool.serve.run(["--host", "0.0.0.0"])
    #expect(open.status == 64 && open.output.isEmpty && open.messages.contains("--api-key"))
    let unset = try Tool.serve.run(["--host", "0.0.0.0", "--api-key", "NO_SUCH_VARIABLE"])
    #expect(unset.status == 64 && unset.messages.contains("NO_SUCH_VARIABLE"))
    let wrong = try Tool.serve.run(["--host", "localhost.example", "--api-key", "HOME"])
    #expect(wrong.status == 73 && wrong.messages.contains("localhost.example"))
  }
}
