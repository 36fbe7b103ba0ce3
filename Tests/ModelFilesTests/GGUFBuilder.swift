/// Writes small GGUF files for tests, sound ones and ones that are wrong in one chosen way.
struct GGUFBuilder {
  /// One tensor of the table with its data. `offset` is relative to the data section; `nil` puts it where it belongs.
  struct Tensor {
    var name: String
    var dimensions: [UInt64]
    var type: UInt32
    var data: [UInt8]
    var offset: UInt64?
  }

  var magic = Array("GGUF".utf8)
  var version: UInt32 = 3
  var metadata: [(key: [UInt8], type: UInt32, value: [UInt8])] = []
  var tensors: [Tensor] = []
  var alignment = 32
  /// What the header claims, where that is not the truth.
  var claimedTensorCount: UInt64?
  var claimedMetadataCount: UInt64?

  /// A file with every type of metadata and every format of tensor.
  static var complete: GGUFBuilder {
    var builder = GGUFBuilder()
    builder.add("u8", 0, [200])
    builder.add("i8", 1, [0xFE])
    builder.add("u16", 2, little(UInt16(60_000)))
    builder.add("i16", 3, little(Int16(-3)))
    builder.add("u32", 4, little(UInt32(4_000_000_000)))
    builder.add("i32", 5, little(Int32(-4)))
    builder.add("f32", 6, little(Float(1e-5).bitPattern))
    builder.add("bool", 7, [1])
    builder.add("string", 8, text("héllo"))
    builder.add("u64", 10, little(UInt64.max))
    builder.add("i64", 11, little(Int64(-5)))
    builder.add("f64", 12, little((0.1).bitPattern))
    builder.add("strings", 9, list(8, [text("a"), text(""), text("Ġthe")]))
    builder.add("integers", 9, list(5, [little(Int32(1)), little(Int32(-2))]))
    builder.add("floats", 9, list(6, [little(Float(0.5).bitPattern)]))
    builder.add("booleans", 9, list(7, [[1], [0]]))
    builder.add("large", 9, list(10, [little(UInt64(7)), little(UInt64.max)]))
    builder.add("nested", 9, list(9, [list(4, [little(UInt32(9))]), list(8, [text("x")])]))
    builder.add("general.alignment", 4, little(UInt32(32)))
    builder.tensors = [
      Tensor(name: "plain", dimensions: [3, 2], type: 0, data: (0..<6).flatMap { little(Float($0).bitPattern) }),
      Tensor(name: "half", dimensions: [2], type: 1, data: [0x00, 0x3C, 0x00, 0xC0]),
      Tensor(name: "brain", dimensions: [2], type: 30, data: [0x80, 0x3F, 0x00, 0xC0]),
      Tensor(name: "q4_0", dimensions: [32, 1, 2], type: 2, data: bytes(36)),
      Tensor(name: "q4_1", dimensions: [64], type: 3, data: bytes(40)),
      Tensor(name: "q8_0", dimensions: [32, 1, 1, 1], type: 8, data: bytes(34)),
    ]
    return builder
  }

  mutating func add(_ key: String, _ type: UInt32, _ value: [UInt8]) {
    metadata.append((Array(key.utf8), type, value))
  }

  /// The file. It ends with the last tensor's last byte.
  func build() -> [UInt8] {
    var file = magic + Self.little(version)
    file += Self.little(claimedTensorCount ?? UInt64(tensors.count))
    file += Self.little(claimedMetadataCount ?? UInt64(metadata.count))
    for entry in metadata {
      file += Self.little(UInt64(entry.key.count)) + entry.key + Self.little(entry.type) + entry.value
    }
    var data: [UInt8] = []
    for tensor in tensors {
      data += [UInt8](repeating: 0, count: (alignment - data.count % alignment) % alignment)
      file += Self.text(tensor.name) + Self.little(UInt32(tensor.dimensions.count))
      file += tensor.dimensions.flatMap(Self.little) + Self.little(tensor.type)
      file += Self.little(tensor.offset ?? UInt64(data.count))
      data += tensor.data
    }
    return file + [UInt8](repeating: 0, count: (alignment - file.count % alignment) % alignment) + data
  }

  /// An integer's bytes.
  static func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A text with its length in front.
  static func text(_ value: String) -> [UInt8] {
    little(UInt64(value.utf8.count)) + Array(value.utf8)
  }

  /// A list's element type, count and elements.
  static func list(_ type: UInt32, _ elements: [[UInt8]]) -> [UInt8] {
    little(type) + little(UInt64(elements.count)) + elements.flatMap { $0 }
  }

  private static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
  }
}
