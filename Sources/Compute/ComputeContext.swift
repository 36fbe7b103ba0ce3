/// Where an operation runs: the threads and the kernels.
package struct ComputeContext: Sendable {
  /// The threads that share an operation's work.
  package let pool: ThreadPool
  /// The kernels that do it.
  package let kernels: KernelSet
  /// How exact the products with weights are.
  package let precision: Precision

  /// A context of `threads` threads with the processor's best kernels, or with a set that the caller names.
  package init(threads: Int, kernels: KernelSet = .best, precision: Precision = .float32) {
    self.init(pool: ThreadPool(threads: threads), kernels: kernels, precision: precision)
  }

  private init(pool: ThreadPool, kernels: KernelSet, precision: Precision) {
    self.pool = pool
    self.kernels = kernels
    self.precision = precision
  }

  /// The same threads and kernels at another precision.
  package func with(_ precision: Precision) -> ComputeContext {
    ComputeContext(pool: pool, kernels: kernels, precision: precision)
  }

  /// Calls a pure function with each index below `count`, on all threads, and gives the results in order.
  package func map<Result: Sendable>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
    Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      // Each call initializes an element of its own.
      pool.run(count) { index in (base + index).initialize(to: body(index)) }
      initialized = count
    }
  }

  /// Runs `body` for each row, in parallel where there are enough of them to be worth the wait for the other threads.
  func forEachRow(_ rows: Int, _ body: (Int) -> Void) {
    if rows < 8 {
      for row in 0..<rows { body(row) }
    } else {
      let chunk = 8
      pool.run((rows + chunk - 1) / chunk) { index in
        for row in index * chunk..<min(rows, (index + 1) * chunk) { body(row) }
      }
    }
  }
}
