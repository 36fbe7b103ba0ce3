import Testing

@testable import Compute

struct MemoryGuardTests {
  private func guardian(_ bytes: Int) -> MemoryGuard { MemoryGuard(environment: ["ANTIPODE_MEMORY": "\(bytes)"]) }

  @Test func whatDoesNotFitIsRefusedWithTheFigure() throws {
    try guardian(4_000).check(4_000, for: "model.gguf", advice: "Close something.")
    let error = try #require(throws: MemoryError.self) {
      try guardian(3_000_000_000).check(3_790_000_000, for: "model.gguf", advice: "Close something.")
    }
    #expect("\(error)" == "model.gguf needs about 3.8 GB of memory, and 3.0 GB are free. Close something.")
  }

  @Test func batchesFollowTheMemory() throws {
    #expect(try guardian(1_000_000).sequences(upTo: 96, each: 1_000) == 96)
    #expect(try guardian(10_000).sequences(upTo: 96, each: 1_000) == 5)
    #expect(try guardian(1_000).sequences(upTo: 96, each: 1_000) == 1)
    #expect(throws: MemoryError.self) { try guardian(999).sequences(upTo: 96, each: 1_000) }
  }

  @Test func theMachineIsMeasured() throws {
    let available = try #require(MemoryGuard(environment: [:]).available)
    #expect(available > 0 && available < 1 << 50)
  }
}
