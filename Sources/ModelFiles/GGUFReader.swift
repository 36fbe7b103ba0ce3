/// Reads the parts of a GGUF file one after the other, front to back, and refuses what the format does not allow.
///
/// Every count is compared with the bytes that are left before anything is allocated for it, so a file can't make
/// the reader allocate more than a small multiple of its own size.
struct GGUFReader {
  private let file: MappedFile
  /// The next byte to read, from the start of the file.
  private(set) var offset = 0
  /// What is being read, for error messages.
  var place = "header"

  /// The longest list that is believed. Vocabularies and merge tables stay a hundred times below.
  private static let maximumListCount = 1 << 24
  /// The longest key or tensor name that is believed (the specification's bound for keys).
  private static let maximumNameLength = 65_535
  /// How deep lists may be nested. No known file goes beyond one.
  private static let maximumNesting = 4

  init(_ file: MappedFile) {
    self.file = file
  }

  /// The bytes between `offset` and the end of the file.
  var remaining: Int { file.count - offset }

  /// An error at the current place.
  func malformed(found: String, expected: String) -> ModelFileError {
    .malformed(path: file.path, place: "\(place), at byte \(offset)", found: found, expected: expected)
  }

  /// An error at the current place for what the format allows but this program does not.
  func unsupported(found: String, expected: String) -> ModelFileError {
    .unsupported(path: file.path, place: "\(place), at byte \(offset)", found: found, expected: expected)
  }

  /// The next little-endian integer.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(ModelFileError) -> Value {
    guard let value = file.integer(at: offset, as: type) else {
      throw malformed(found: "the end of the file", expected: "\(MemoryLayout<Value>.size) more bytes")
    }
    offset += MemoryLayout<Value>.size
    return value
  }

  /// The next 64-bit count of things that take at least `minimumSize` bytes each and number at most `limit`.
  mutating func count(of things: String, minimumSize: Int, limit: Int = .max) throws(ModelFileError) -> Int {
    let stored = try integer(UInt64.self)
    let most = min(limit, remaining / minimumSize)
    guard let count = Int(exactly: stored), count <= most else {
      offset -= MemoryLayout<UInt64>.size
      throw malformed(
        found: "a count of \(stored) \(things)",
        expected: "at most \(most), which the \(file.count) bytes of the file allow")
    }
    return count
  }

  /// The next text: a 64-bit length and that many bytes of UTF-8.
  mutating func string(limit: Int = .max) throws(ModelFileError) -> String {
    let length = try count(of: "bytes of text", minimumSize: 1, limit: limit)
    guard let text = file.string(at: offset, count: length) else {
      throw malformed(found: "\(length) bytes that are not UTF-8", expected: "UTF-8 text")
    }
    offset += length
    return text
  }

  /// The next key or tensor name.
  mutating func name() throws(ModelFileError) -> String {
    let name = try string(limit: Self.maximumNameLength)
    guard !name.isEmpty else { throw malformed(found: "an empty name", expected: "a name") }
    return name
  }

  /// The next metadata value with its type in front.
  mutating func metadataValue() throws(ModelFileError) -> MetadataValue {
    try value(ofType: integer(UInt32.self), nesting: 0)
  }

  private mutating func value(ofType type: UInt32, nesting: Int) throws(ModelFileError) -> MetadataValue {
    switch type {
    case 0: .unsigned(UInt64(try integer(UInt8.self)))
    case 1: .signed(Int64(try integer(Int8.self)))
    case 2: .unsigned(UInt64(try integer(UInt16.self)))
    case 3: .signed(Int64(try integer(Int16.self)))
    case 4: .unsigned(UInt64(try integer(UInt32.self)))
    case 5: .signed(Int64(try integer(Int32.self)))
    case 6: .float(Double(Float(bitPattern: try integer(UInt32.self))))
    case 7: .bool(try bool())
    case 8: .string(try string())
    case 9: try list(nesting: nesting + 1)
    case 10: .unsigned(try integer(UInt64.self))
    case 11: .signed(try integer(Int64.self))
    case 12: .float(Double(bitPattern: try integer(UInt64.self)))
    default: throw unknownType(type)
    }
  }

  private mutating func bool() throws(ModelFileError) -> Bool {
    switch try integer(UInt8.self) {
    case 0: false
    case 1: true
    case let byte: throw malformed(found: "the byte \(byte) as a truth value", expected: "0 or 1")
    }
  }

  private mutating func list(nesting: Int) throws(ModelFileError) -> MetadataValue {
    guard nesting <= Self.maximumNesting else {
      throw malformed(found: "lists nested deeper than \(Self.maximumNesting)", expected: "at most that")
    }
    let type = try integer(UInt32.self)
    guard let minimumSize = Self.minimumSize(ofType: type) else { throw unknownType(type) }
    let count = try count(of: "list elements", minimumSize: minimumSize, limit: Self.maximumListCount)

    switch type {
    case 0: return .integers(try numbers(count, UInt8.self) { Int($0) })
    case 1: return .integers(try numbers(count, Int8.self) { Int($0) })
    case 2: return .integers(try numbers(count, UInt16.self) { Int($0) })
    case 3: return .integers(try numbers(count, Int16.self) { Int($0) })
    case 4: return .integers(try numbers(count, UInt32.self) { Int($0) })
    case 5: return .integers(try numbers(count, Int32.self) { Int($0) })
    case 6: return .floats(try numbers(count, UInt32.self) { Float(bitPattern: $0) })
    case 7:
      var values: [Bool] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try bool()) }
      return .booleans(values)
    case 8:
      var values: [String] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try string()) }
      return .strings(values)
    case 10:
      let values = try numbers(count, UInt64.self) { $0 }
      let fitting = values.compactMap { Int(exactly: $0) }
      return fitting.count == count ? .integers(fitting) : .array(values.map { .unsigned($0) })
    case 11: return .integers(try numbers(count, Int64.self) { Int($0) })
    default:
      var values: [MetadataValue] = []
      for _ in 0..<count { values.append(try value(ofType: type, nesting: nesting)) }
      return .array(values)
    }
  }

  private mutating func numbers<Value: FixedWidthInteger & BitwiseCopyable, Element>(
    _ count: Int, _ type: Value.Type, _ transform: (Value) -> Element
  ) throws(ModelFileError) -> [Element] {
    guard let values = file.integers(at: offset, count: count, as: type, transform) else {
      throw malformed(found: "the end of the file", expected: "\(count) list elements")
    }
    offset += count * MemoryLayout<Value>.size
    return values
  }

  private func unknownType(_ type: UInt32) -> ModelFileError {
    malformed(found: "the value type \(type)", expected: "a GGUF value type, 0 to 12")
  }

  /// The fewest bytes that a value of the type takes in the file, or `nil` for a type that does not exist.
  private static func minimumSize(ofType type: UInt32) -> Int? {
    switch type {
    case 0, 1, 7: 1
    case 2, 3: 2
    case 4, 5, 6: 4
    case 8, 10, 11, 12: 8
    case 9: 12
    default: nil
    }
  }
}
