#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory of zeros that is taken from the system only where it is written: a cache of many sequences has hundreds of
/// megabytes, and writing zeros first would take as long as some steps.
final class ZeroedFloats {
  let floats: UnsafeMutablePointer<Float>
  private let mapping: UnsafeMutableRawPointer?
  private let byteCount: Int

  init(count: Int) {
    let byteCount = max(count, 1) * MemoryLayout<Float>.size
    self.byteCount = byteCount
    #if os(Linux)
      if byteCount >= 1 << 22,
        let mapping = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        mapping != MAP_FAILED
      {
        // On large pages: a fault for each small one would take longer than the zeros.
        _ = madvise(mapping, byteCount, MADV_HUGEPAGE)
        self.mapping = mapping
        floats = mapping.bindMemory(to: Float.self, capacity: max(count, 1))
        return
      }
    #endif
    mapping = nil
    floats = .allocate(capacity: max(count, 1))
    floats.initialize(repeating: 0, count: max(count, 1))
  }

  deinit {
    if let mapping {
      munmap(mapping, byteCount)
    } else {
      floats.deallocate()
    }
  }
}
