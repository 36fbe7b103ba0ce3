/// A safetensors file, mapped into memory: its header is parsed and checked, its data stays on disk until it is looked
/// at.
///
/// The format: https://github.com/huggingface/safetensors#format. All of its rules are enforced, among them that the
/// tensors cover the data without gap or overlap. Tensors of element types that we don't read are an error only for who
/// asks for them: checkpoints hold buffers that no one needs. Numbers of 64 bits are lent as 32-bit floats.
struct MappedSafetensors: TensorSource {
  let path: String
  let tensors: [String: TensorDescription]
  /// The element types of the tensors that we don't read, by name.
  private let foreign: [String: String]
  /// Where the tensors of 64-bit numbers lie.
  private let wide: [String: Range<Int>]
  private let file: MappedFile

  /// The longest header that is believed; the bound of the reference implementation.
  private static let maximumHeaderLength = 100_000_000
  private static let lengthFieldSize = SafetensorsFile.lengthFieldSize

  /// Opens and checks a file.
  /// - Throws: `ModelFileError`: `.unreadable`, or `.malformed` with the place.
  init(path: String) throws(ModelFileError) {
    let file = try MappedFile(path: path)
    let (entries, dataStart) = try Self.readHeader(file)
    let dataCount = file.count - dataStart
    var tensors: [String: TensorDescription] = [:], foreign: [String: String] = [:], wide: [String: Range<Int>] = [:]
    var position = 0
    for entry in entries {
      let place = "tensor \(quoted(entry.name))"
      var end = position
      if let size = Self.elementSizes[entry.dtype] {
        end += try Self.elementCount(entry, size: size, path: path, place: place) * size  // `elementCount` bounds it.
      } else {
        // A type that came after this was written: its size is what the offsets say.
        end = max(position, entry.dataOffsets.last ?? position)
      }
      guard entry.dataOffsets == [position, end], end <= dataCount else {
        throw .malformed(
          path: path, place: "\(place), data_offsets", found: "\(entry.dataOffsets)",
          expected: "[\(position), \(end)], which its type and shape ask for after the tensors before it, "
            + "inside \(dataCount) bytes of data")
      }
      // The header's keys differ in their bytes; as texts they may still be the same.
      guard tensors[entry.name] == nil, foreign[entry.name] == nil else {
        throw .malformed(path: path, place: place, found: "two tensors of this name", expected: "one")
      }
      if let format = Self.formats[entry.dtype] {
        tensors[entry.name] = TensorDescription(
          name: entry.name, shape: entry.shape, format: format, byteOffset: dataStart + position,
          byteCount: end - position)
      } else if entry.dtype == Self.wideType {
        let bytes = dataStart + position..<dataStart + end
        wide[entry.name] = bytes
        tensors[entry.name] = TensorDescription(
          name: entry.name, shape: entry.shape, format: .float32, byteOffset: bytes.lowerBound,
          byteCount: bytes.count / 2)
      } else {
        foreign[entry.name] = entry.dtype
      }
      position = end
    }
    guard position == dataCount else {
      throw .malformed(
        path: path, place: "data", found: "\(dataCount) bytes",
        expected: "\(position), as many as the tensors of the header take")
    }
    self.path = path
    self.tensors = tensors
    self.foreign = foreign
    self.wide = wide
    self.file = file
  }

  /// The names of all tensors, those that we don't read among them, in order.
  var names: [String] { (Array(tensors.keys) + foreign.keys).sorted() }

  /// Whether there is a tensor of a name.
  func has(_ name: String) -> Bool { tensors[name] != nil || foreign[name] != nil }

  func checkUsable(_ name: String) throws(ModelFileError) {
    guard let type = foreign[name] else { return }
    throw .unsupported(
      path: path, place: "tensor \(quoted(name)), dtype", found: quoted(type),
      expected: "one of F32, F16, BF16, F64; save the model in one of them "
        + "(AutoModelForCausalLM.from_pretrained(..., dtype=\"bfloat16\").save_pretrained(...) in Python)")
  }

  func withBytes<Result, Failure: Error>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if let range = wide[tensor.name] {
      let numbers = file.withBytes(in: range) { bytes in
        stride(from: 0, to: bytes.count, by: 8).map {
          Float(Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))))
        }
      }
      return try numbers.withUnsafeBufferPointer { (floats) throws(Failure) in try body(UnsafeRawBufferPointer(floats))
      }
    }
    precondition(file.contains(tensor.byteOffset, tensor.byteCount), "the tensor is not of this file")
    return try file.withBytes(in: tensor.byteRange, body)
  }

  func release(_ tensor: TensorDescription) {
    file.release(wide[tensor.name] ?? tensor.byteRange)
  }

  // MARK: - The header

  private static let formats: [String: TensorFormat] = ["F32": .float32, "F16": .float16, "BF16": .bfloat16]
  private static let wideType = "F64"

  /// Bytes of an element of the format's older types.
  private static let elementSizes: [String: Int] = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
    "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
  ]

  /// One tensor's entry of the header.
  private struct Entry {
    let name: String
    let dtype: String
    let shape: [Int]
    let dataOffsets: [Int]

    init(name: String, _ node: JSONNode) throws(ModelFileError) {
      self.name = name
      dtype = try node.member("dtype").string()
      shape = try node.member("shape").integers()
      dataOffsets = try node.member("data_offsets").integers()
    }

    /// Sorts entries by where their data starts, then ends; names settle what is left.
    var order: (Int, Int, String) { (dataOffsets.first ?? 0, dataOffsets.last ?? 0, name) }
  }

  /// The header's entries in the order of their data, and where the data starts.
  private static func readHeader(
    _ file: MappedFile
  ) throws(ModelFileError) -> (entries: [Entry], dataStart: Int) {
    guard let stored = file.integer(at: 0, as: UInt64.self) else {
      throw .malformed(
        path: file.path, place: "header length", found: "a file of \(file.count) bytes", expected: "at least 8")
    }
    let most = min(maximumHeaderLength, file.count - lengthFieldSize)
    guard let length = Int(exactly: stored), length >= 2, length <= most else {
      throw .malformed(
        path: file.path, place: "header length", found: "\(stored)", expected: "2 to \(most), which the file allows")
    }
    let dataStart = lengthFieldSize + length
    let json = file.withBytes(in: lengthFieldSize..<dataStart) { [UInt8]($0) }
    guard json.first == UInt8(ascii: "{") else {
      throw .malformed(path: file.path, place: "header", found: "no brace at its start", expected: "a JSON object")
    }
    let header = try JSONNode(parsing: json, path: file.path, place: "header").members()
    var entries: [Entry] = []
    for (name, node) in header.sorted(by: { $0.key < $1.key }) {
      if name == SafetensorsFile.metadataKey {
        // The reference implementation takes `null` for no metadata.
        if node.isNull { continue }
        for (_, value) in try node.members().sorted(by: { $0.key < $1.key }) { _ = try value.string() }
      } else {
        entries.append(try Entry(name: name, node))
      }
    }
    entries.sort { $0.order < $1.order }
    return (entries, dataStart)
  }

  /// How many elements a tensor has, if their bytes can be counted at all.
  private static func elementCount(
    _ entry: Entry, size: Int, path: String, place: String
  ) throws(ModelFileError) -> Int {
    // Sizes up to 2⁶² are let through here, so that the position after the tensor is still an `Int`; the offsets'
    // check compares them with the file.
    let bound = Int.max / 2 / size
    var count = 1
    for dimension in entry.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow, product <= bound else {
        throw .malformed(
          path: path, place: "\(place), shape", found: "\(entry.shape)",
          expected: "dimensions of 0 or more whose product has fewer than 2⁶² bytes")
      }
      count = product
    }
    return count
  }
}
