import Foundation

/// Numbers that are encoded as their bytes, little-endian: one by one, those of an adapter take a property list half a
/// minute.
package struct PackedFloats: Sendable, Equatable, Codable {
  /// The numbers.
  package var values: [Float]

  /// The numbers `values`.
  package init(_ values: [Float]) { self.values = values }

  /// Reads whole numbers only.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let data = try container.decode(Data.self)
    guard data.count % 4 == 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(data.count) bytes of 32-bit floats")
    }
    values = [Float](unsafeUninitializedCapacity: data.count / 4) { values, count in
      count = data.count / 4
      data.copyBytes(to: UnsafeMutableRawBufferPointer(values), count: data.count)
    }
    if UInt32(1).littleEndian != 1 { values = values.map { Float(bitPattern: $0.bitPattern.byteSwapped) } }
  }

  /// Writes every bit of each number.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) })
  }
}
