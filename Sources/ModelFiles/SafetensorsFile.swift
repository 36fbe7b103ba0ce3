public import Foundation

/// A tensor in memory, as it is read from or written to a safetensors file.
public struct SafetensorsTensor: Sendable, Hashable {
  /// The dimensions in row-major order, slowest first. Empty for a single number; a dimension may be zero.
  public let shape: [Int]
  /// The elements in row-major order, as many as the product of `shape`.
  public let values: [Float]

  /// Puts a shape and its elements together.
  /// - Precondition: `values` has as many elements as `shape` says.
  public init(shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "the shape must say how many values there are")
    self.shape = shape
    self.values = values
  }
}

/// Reading and writing of safetensors files: an 8-byte length, a JSON header of that length, the tensors' bytes.
///
/// The format: https://github.com/huggingface/safetensors#format. All of its rules are enforced on reading, among them
/// that the tensors cover the data without gap or overlap.
public enum SafetensorsFile {
  /// The longest header that is believed; the bound of the reference implementation.
  private static let maximumHeaderLength = 100_000_000
  private static let lengthFieldSize = 8
  private static let metadataKey = "__metadata__"

  /// Reads all tensors of a file, converted to 32-bit numbers.
  /// - Parameter path: the file.
  /// - Returns: the tensors by name. Those stored as `F32`, `F16` or `BF16` are read, all exactly.
  /// - Throws: `ModelFileError`: `.unreadable`, `.malformed` with the place, or `.unsupported` for another element type.
  public static func read(path: String) throws(ModelFileError) -> [String: SafetensorsTensor] {
    let file = try MappedFile(path: path)
    let (entries, dataStart) = try readHeader(file)
    let dataCount = file.count - dataStart

    var tensors: [String: SafetensorsTensor] = [:]
    var position = 0
    for entry in entries {
      let place = "tensor \(quoted(entry.name))"
      let (format, elementCount) = try formatAndCount(entry, path: path, place: place)
      let end = position + elementCount * format.bytesPerBlock  // Can't overflow: `formatAndCount` bounds the product.
      guard entry.dataOffsets == [position, end], end <= dataCount else {
        throw .malformed(
          path: path, place: "\(place), data_offsets", found: "\(entry.dataOffsets)",
          expected: "[\(position), \(end)], which its type and shape ask for after the tensors before it, "
            + "inside \(dataCount) bytes of data")
      }
      let values = file.withBytes(in: dataStart + position..<dataStart + end) {
        dequantize($0, format: format, count: elementCount)
      }
      tensors[entry.name] = SafetensorsTensor(shape: entry.shape, values: values)
      position = end
    }
    guard position == dataCount else {
      throw .malformed(
        path: path, place: "data", found: "\(dataCount) bytes",
        expected: "\(position), as many as the tensors of the header take")
    }
    return tensors
  }

  /// The bytes of a safetensors file with all tensors as `F32`. Equal tensors and metadata give equal bytes: names are
  /// sorted, and the header is padded with spaces to a multiple of eight.
  /// - Parameters:
  ///   - tensors: the tensors by name; `__metadata__` is not a name.
  ///   - metadata: free text by key, kept under `__metadata__`; left out if empty.
  public static func encode(_ tensors: [String: SafetensorsTensor], metadata: [String: String] = [:]) -> Data {
    precondition(tensors[metadataKey] == nil, "no tensor may be called \(metadataKey)")
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      fields.append("\(jsonString(metadataKey)):{\(pairs.joined(separator: ","))}")
    }
    let sorted = tensors.sorted { $0.key < $1.key }
    var position = 0
    for (name, tensor) in sorted {
      let end = position + tensor.values.count * MemoryLayout<Float>.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      fields.append(
        "\(jsonString(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(position),\(end)]}")
      position = end
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }

    var data = Data(capacity: lengthFieldSize + header.count + position)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header)
    for (_, tensor) in sorted {
      for value in tensor.values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      }
    }
    return data
  }

  // MARK: - The header

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
      if name == metadataKey {
        for (_, value) in try node.members().sorted(by: { $0.key < $1.key }) { _ = try value.string() }
      } else {
        entries.append(try Entry(name: name, node))
      }
    }
    entries.sort { $0.order < $1.order }
    return (entries, dataStart)
  }

  /// How a tensor is stored and how many elements it has, if their bytes can be counted at all.
  private static func formatAndCount(
    _ entry: Entry, path: String, place: String
  ) throws(ModelFileError) -> (TensorFormat, Int) {
    let format: TensorFormat
    switch entry.dtype {
    case "F32": format = .float32
    case "F16": format = .float16
    case "BF16": format = .bfloat16
    default:
      throw .unsupported(
        path: path, place: "\(place), dtype", found: quoted(entry.dtype), expected: "one of F32, F16, BF16")
    }
    // Sizes up to 2⁶² are let through here, so that the position after the tensor is still an `Int`; the offsets'
    // check compares them with the file.
    let bound = Int.max / 2 / format.bytesPerBlock
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
    return (format, count)
  }
}
