#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory for weights, side by side in large pieces on large pages: a token reads all of a model's weights, and with
/// small pages the processor would look up each page's address anew (measured: a sixth of the time of a decoding step).
/// Loading gains as much, since it is bounded by the page faults of its memory.
///
/// `@unchecked Sendable`: only the thread that loads a model allocates; the weights are only read afterwards.
package final class WeightMemory: @unchecked Sendable {
  private var pieces: [UnsafeMutableRawPointer] = []
  /// How much of the last piece is given away, and how much it has.
  private var used = 0, size = 0

  /// Large pages have 2 MiB.
  private static let pageBytes = 1 << 21
  private let pieceBytes: Int

  /// No memory yet.
  /// - Parameter pieceBytes: The least to ask the system for at a time: many pages, so that little is wasted at their
  ///   ends; 0 where there will be one matrix.
  package init(pieceBytes: Int = 1 << 25) { self.pieceBytes = pieceBytes }

  /// Some bytes on a cache line's boundary; they live as long as this object.
  func allocate(_ byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    let byteCount = (max(byteCount, 1) + 63) / 64 * 64
    if pieces.isEmpty || used + byteCount > size {
      (used, size) = (0, max(byteCount, pieceBytes))
      let isLarge = size >= 2 * Self.pageBytes
      let piece = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: isLarge ? Self.pageBytes : 64)
      #if os(Linux)
        if isLarge { _ = madvise(piece, size, MADV_HUGEPAGE) }
      #endif
      pieces.append(piece)
    }
    defer { used += byteCount }
    return (pieces[pieces.count - 1] + used).bindMemory(to: UInt8.self, capacity: byteCount)
  }

  deinit { for piece in pieces { piece.deallocate() } }
}
