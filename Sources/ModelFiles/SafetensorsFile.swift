package import Foundation
import JSON

/// A tensor in memory, as it is read from or written to a safetensors file.
package struct SafetensorsTensor: Sendable, Hashable {
  /// The dimensions in row-major order, slowest first. Empty for a single number; a dimension may be zero.
  package let shape: [Int]
  /// The elements in row-major order, as many as the product of `shape`.
  package let values: [Float]

  /// Puts a shape and its elements together.
  /// - Precondition: `values` has as many elements as `shape` says.
  package init(shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "the shape must say how many values there are")
    self.shape = shape
    self.values = values
  }
}

/// Reading and writing of safetensors files: an 8-byte length, a JSON header of that length, the tensors' bytes.
///
/// The format: https://github.com/huggingface/safetensors#format. All of its rules are enforced on reading, among them
/// that the tensors cover the data without gap or overlap.
package enum SafetensorsFile {
  static let lengthFieldSize = 8
  static let metadataKey = "__metadata__"

  /// Reads all tensors of a file, converted to 32-bit numbers.
  /// - Parameter path: the file.
  /// - Returns: the tensors by name. Those stored as `F32`, `F16` or `BF16` are read exactly, `F64` is
  ///   rounded.
  /// - Throws: `ModelFileError`: `.unreadable`, `.malformed` with the place, or `.unsupported` for another element
  ///   type.
  package static func read(path: String) throws(ModelFileError) -> [String: SafetensorsTensor] {
    let mapped = try MappedSafetensors(path: path)
    var tensors: [String: SafetensorsTensor] = [:]
    for name in mapped.names {
      let tensor = try mapped.tensor(name)
      let values = mapped.withBytes(of: tensor) { dequantize($0, format: tensor.format, count: tensor.elementCount) }
      tensors[name] = SafetensorsTensor(shape: tensor.shape, values: values)
    }
    return tensors
  }

  /// The bytes of a safetensors file with all tensors as `F32`. Equal tensors and metadata give equal bytes: names are
  /// sorted, and the header is padded with spaces to a multiple of eight.
  /// - Parameters:
  ///   - tensors: the tensors by name; `__metadata__` is not a name.
  ///   - metadata: free text by key, kept under `__metadata__`; left out if empty.
  package static func encode(_ tensors: [String: SafetensorsTensor], metadata: [String: String] = [:]) -> Data {
    precondition(tensors[metadataKey] == nil, "no tensor may be called \(metadataKey)")
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map {
        "\(JSONValue.string($0.key).canonical):\(JSONValue.string($0.value).canonical)"
      }
      fields.append("\(JSONValue.string(metadataKey).canonical):{\(pairs.joined(separator: ","))}")
    }
    let sorted = tensors.sorted { $0.key < $1.key }
    var position = 0
    for (name, tensor) in sorted {
      let end = position + tensor.values.count * MemoryLayout<Float>.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let kind = "\"dtype\":\"F32\",\"shape\":[\(shape)]", place = "\"data_offsets\":[\(position),\(end)]"
      fields.append("\(JSONValue.string(name).canonical):{\(kind),\(place)}")
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
}
