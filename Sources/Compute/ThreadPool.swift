import CKernels

/// Threads that share the work of one operation.
///
/// Work is split over outputs, never over a sum, so results do not depend on the number of threads.
///
/// `@unchecked Sendable`: the C pool takes one region at a time under its own lock, and the pointer never changes.
package final class ThreadPool: @unchecked Sendable {
  /// How many threads work, the calling one included.
  package let threads: Int
  private let pool: OpaquePointer?

  /// A pool of `threads` threads, at least one: the caller's.
  package init(threads: Int) {
    self.threads = max(1, threads)
    pool = antipode_pool_create(self.threads)
  }

  deinit { antipode_pool_destroy(pool) }

  /// Calls `body` with each index below `count`, on any of the threads, and returns when all calls have.
  ///
  /// The body must write to a place of its own for each index. It is not marked `@Sendable`, since it captures the
  /// buffers of the operation, which outlive the call.
  func run(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { pointer in
        antipode_pool_run(
          pool,
          { context, index in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
          },
          pointer, count)
      }
    }
  }
}
