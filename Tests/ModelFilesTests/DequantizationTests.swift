import ModelFiles
import Testing

@Suite struct DequantizationTests {
  private let fixture: QuantizationFixture

  init() throws { fixture = try QuantizationFixture.load() }

  @Test(arguments: TensorFormat.allCases) func equalsTheReferenceBitForBit(format: TensorFormat) throws {
    let reference = try #require(fixture.formats[format.ggufName])
    let stored = QuantizationFixture.bytes(reference.bytes)
    let patterns = QuantizationFixture.bytes(reference.values).chunked(4).map {
      $0.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    #expect(patterns.count == stored.count / format.bytesPerBlock * format.elementsPerBlock)
    let values = stored.withUnsafeBytes { dequantize($0, format: format, count: patterns.count) }
    #expect(values.map(\.bitPattern) == patterns)
  }

  @Test func everyHalfPrecisionNumberEqualsTheReference() throws {
    let stored = (0...UInt16.max).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let values = stored.withUnsafeBytes { dequantize($0, format: .float16, count: 65_536) }
    #expect(try sha256(values.filter { !$0.isNaN }) == fixture.allBinary16SHA256)
    #expect(values.count(where: \.isNaN) == 2 * 1023)
  }

  @Test func blocksStartWhereTheyAreTold() {
    // Two blocks with scales 1 and 2; a slice that starts at an odd address.
    let first: [UInt8] = [0x00, 0x3C] + (0..<32).map { UInt8(bitPattern: Int8($0) - 16) }
    let second: [UInt8] = [0x00, 0x40] + [UInt8](repeating: 0x80, count: 32)
    let values = ([0xAA] + first + second).withUnsafeBytes {
      dequantize(UnsafeRawBufferPointer(rebasing: $0[1...]), format: .q8_0, count: 64)
    }
    #expect(values == (0..<32).map { Float($0) - 16 } + [Float](repeating: -256, count: 32))
  }

  @Test func formatsSayTheirSizes() {
    #expect(
      TensorFormat.allCases.map(\.bytesPerBlock) == [4, 2, 2, 18, 20, 22, 24, 34, 84, 110, 144, 176, 210, 18, 136])
    #expect(TensorFormat.allCases.map(\.ggufType) == [0, 1, 30, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 20, 23])
    #expect(
      TensorFormat.allCases.map(\.ggufName) == [
        "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
        "IQ4_XS",
      ])
  }
}

/// The SHA-256 of numbers as little-endian binary32, as the fixture's script takes it.
func sha256(_ values: [Float]) throws -> String {
  let folder = try TemporaryFolder()
  let path = try folder.write(values.flatMap { GGUFBuilder.little($0.bitPattern) }, to: "values")
  return try ModelCatalog.resolve(path, environment: [:]).sha256
}

extension Array {
  /// The elements in groups of `size`.
  fileprivate func chunked(_ size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
