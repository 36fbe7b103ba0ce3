import Foundation

/// What `Tests/Reference/quantization_fixtures.py` wrote: stored bytes, and the numbers that the `gguf` Python package
/// makes of them.
struct QuantizationFixture: Decodable {
  struct Format: Decodable {
    let bytes: String
    let values: String
  }

  let formats: [String: Format]
  let allBinary16SHA256: String
  let modelRowsSHA256: [String: String]

  enum CodingKeys: String, CodingKey {
    case formats
    case allBinary16SHA256 = "all_binary16_sha256"
    case modelRowsSHA256 = "model_rows_sha256"
  }

  static func load() throws -> QuantizationFixture {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/quantization.json")
    return try JSONDecoder().decode(QuantizationFixture.self, from: Data(contentsOf: file))
  }

  /// The bytes that a row of hexadecimal digits spells.
  static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
