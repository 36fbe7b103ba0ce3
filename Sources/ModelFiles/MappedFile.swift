import Fingerprints
import Foundation
import Messages

/// A file's bytes, mapped read-only into memory: nothing is read before it is looked at, and processes share the pages.
///
/// All reads through this type are bounds-checked: outside the file they give `nil`, never a crash.
/// One thing no reader of a mapping can prevent: if another process cuts the file short while it is in use,
/// the operating system ends this one.
///
/// `@unchecked Sendable`, because the compiler can't see what makes a shared raw pointer safe here: the mapping is
/// private and read-only, it is never changed after `init`, and it is released in `deinit` only.
final class MappedFile: @unchecked Sendable {
  /// The path as given, for messages.
  let path: String
  private let bytes: UnsafeRawBufferPointer

  /// Bytes that are looked at before they are given back; a whole number of pages of any size that there is.
  private static let pieceSize = 16 << 20

  /// Maps the file.
  /// - Throws: `ModelFileError.unreadable` if it is missing, not a regular file, or can't be opened.
  init(path: String) throws(ModelFileError) {
    self.path = path
    // Without waiting: to open a pipe that no one writes to would take forever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: SystemError.last) }
    defer { close(descriptor) }

    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: SystemError.last) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is not a regular file; expected the path of a file")
    }
    guard let size = Int(exactly: status.st_size), size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)  // An empty range can't be mapped.
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw .unreadable(path: path, reason: SystemError.last)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// The file's size in bytes.
  var count: Int { bytes.count }

  /// The little-endian integer at `offset`, at any alignment, or `nil` where the file ends first.
  func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value? {
    guard contains(offset, MemoryLayout<Value>.size) else { return nil }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// `count` little-endian integers from `offset` on, each passed through `transform`, or `nil` where the file ends
  /// first.
  func integers<Value: FixedWidthInteger & BitwiseCopyable, Element>(
    at offset: Int, count: Int, as type: Value.Type, _ transform: (Value) -> Element
  ) -> [Element]? {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Value>.size)
    guard !overflow, contains(offset, byteCount) else { return nil }
    return [Element](unsafeUninitializedCapacity: count) { elements, initializedCount in
      for index in 0..<count {
        let value = bytes.loadUnaligned(fromByteOffset: offset + index * MemoryLayout<Value>.size, as: type)
        elements.initializeElement(at: index, to: transform(Value(littleEndian: value)))
        initializedCount = index + 1
      }
    }
  }

  /// The `count` bytes at `offset` as text, or `nil` where the file ends first or the bytes are not UTF-8.
  func string(at offset: Int, count: Int) -> String? {
    guard contains(offset, count) else { return nil }
    return String(validating: bytes[offset..<offset + count].assumingMemoryBound(to: UInt8.self), as: UTF8.self)
  }

  /// Lends the bytes of `range`, cut to the file, to `body`. They must not be kept past the call.
  func withBytes<Result, Failure: Error>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)]))
  }

  /// Gives the memory of the whole pages in `range` back to the system. They are read again where they are looked at.
  func release(_ range: Range<Int>) {
    advise(range, MADV_DONTNEED)
  }

  /// Tells the system what is going to be done with the whole pages in `range`.
  private func advise(_ range: Range<Int>, _ advice: Int32) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    guard let base = bytes.baseAddress, page > 0 else { return }
    let range = range.clamped(to: 0..<bytes.count)
    let first = (range.lowerBound + page - 1) / page * page, end = range.upperBound / page * page
    guard first < end else { return }
    _ = madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, advice)
  }

  /// The SHA-256 of the whole file, 64 lower-case hexadecimal digits.
  func sha256() -> String { sha256(of: 0..<bytes.count) }

  /// The SHA-256 of the bytes of `range`, cut to the file.
  func sha256(of range: Range<Int>) -> String {
    Fingerprint(ofMemory: { update in forEachPiece(of: range) { update($0) } }).hexadecimal
  }

  /// Lends the bytes of `range`, cut to the file, to `body`, one piece after the other. They must not be kept.
  ///
  /// What has been looked at is given back at once, so that a file of gigabytes does not count as memory of this
  /// process.
  func forEachPiece<Failure: Error>(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let range = range.clamped(to: 0..<bytes.count)
    advise(range, MADV_SEQUENTIAL)
    defer { advise(range, MADV_NORMAL) }
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceSize) {
      let piece = start..<min(start + Self.pieceSize, range.upperBound)
      try body(UnsafeRawBufferPointer(rebasing: bytes[piece]))
      release(piece)
    }
  }

  /// Whether the `count` bytes from `offset` on lie in the file.
  func contains(_ offset: Int, _ count: Int) -> Bool {
    offset >= 0 && count >= 0 && offset <= bytes.count && count <= bytes.count - offset
  }
}
