import Dispatch
import Testing

@testable import Compute

struct ThreadPoolTests {
  /// Runs regions of 0 to 40 tasks and counts how often each task ran.
  /// - Returns: how many regions had a task that did not run exactly once, or one past their end.
  private static func wrongRegions(_ regions: Int, on pool: ThreadPool, first: Int = 0) -> Int {
    let counts = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    counts.initialize(repeating: 0, count: 64)
    defer { counts.deallocate() }
    var wrong = 0
    for region in first..<first + regions {
      let count = region * 17 % 41
      pool.run(count) { counts[$0] += 1 }
      if (0..<64).contains(where: { counts[$0] != ($0 < count ? 1 : 0) }) { wrong += 1 }
      for index in 0..<64 { counts[index] = 0 }
    }
    return wrong
  }

  @Test func runsEveryTaskOnceInManyTinyRegions() {
    #expect(Self.wrongRegions(100_000, on: ThreadPool(threads: 2)) == 0)
    #expect(Self.wrongRegions(1_000, on: ThreadPool(threads: 1)) == 0)
    // More threads than processors: some are always caught asleep or late.
    #expect(Self.wrongRegions(5_000, on: ThreadPool(threads: 5)) == 0)
  }

  @Test func manyThreadsMayCallManyPools() {
    let pools = [ThreadPool(threads: 2), ThreadPool(threads: 3)]
    let wrong = Counts(8)
    DispatchQueue.concurrentPerform(iterations: 8) { caller in
      wrong.values[caller] = Self.wrongRegions(2_000, on: pools[caller % 2], first: caller)
    }
    #expect((0..<8).allSatisfy { wrong.values[$0] == 0 })
  }

  @Test func hasTheCallersThreadAtLeast() {
    #expect(ThreadPool(threads: 0).threads == 1)
    #expect(ThreadPool(threads: -3).threads == 1)
    #expect(ThreadPool(threads: 3).threads == 3)
  }

  @Test func poolsComeAndGo() {
    for threads in 1...60 { #expect(Self.wrongRegions(3, on: ThreadPool(threads: threads % 5), first: threads) == 0) }
  }

  /// A place for each caller to write its own number.
  ///
  /// `@unchecked Sendable`: no two callers write the same place, and they are read when all are done.
  private final class Counts: @unchecked Sendable {
    let values: UnsafeMutablePointer<Int>
    init(_ count: Int) {
      values = .allocate(capacity: count)
      values.initialize(repeating: -1, count: count)
    }
    deinit { values.deallocate() }
  }
}
