import Foundation
import ModelFiles
import Testing

@Suite struct SafetensorsFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder(inMemory: true) }

  /// A file of a header's text and data.
  private func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
    GGUFBuilder.little(UInt64(header.utf8.count)) + Array(header.utf8) + data
  }

  private func read(_ bytes: some Sequence<UInt8>) throws -> [String: SafetensorsTensor] {
    try SafetensorsFile.read(path: folder.write(bytes, to: "a.safetensors"))
  }

  private func message(_ bytes: [UInt8]) -> String {
    do {
      _ = try read(bytes)
      return "no error"
    } catch {
      let message = "\(error)"
      #expect(message.contains("a.safetensors"))
      return message
    }
  }

  private static let sample: [String: SafetensorsTensor] = [
    "b": SafetensorsTensor(shape: [2, 3], values: [1, -2, 3.5, 0, .leastNonzeroMagnitude, 6]),
    "a \"quoted\" \\ é\n": SafetensorsTensor(shape: [], values: [7]),
    "empty": SafetensorsTensor(shape: [0, 4], values: []),
  ]

  @Test func readsWhatItWrote() throws {
    #expect(try read(SafetensorsFile.encode(Self.sample, metadata: ["format": "pt"])) == Self.sample)
    #expect(try read(SafetensorsFile.encode([:])).isEmpty)
  }

  @Test func bytesAreTheFormatsAndAlwaysTheSame() {
    let tensor = SafetensorsTensor(shape: [1, 2], values: [1, 2])
    let data = SafetensorsFile.encode(["z": tensor, "a": tensor], metadata: ["k2": "v", "k1": "v"])
    let header =
      #"{"__metadata__":{"k1":"v","k2":"v"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
      + #""z":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let values: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
    #expect(Array(data) == file(padded, values + values))
  }

  @Test func readsHalfAndBrainFloats() throws {
    let header =
      #"{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[4,8]}}"#
    let tensors = try read(file(header, [0x00, 0x3C, 0x01, 0x00, 0x80, 0x3F, 0x00, 0xC0]))
    #expect(tensors["h"] == SafetensorsTensor(shape: [2], values: [1, 0x1p-24]))
    #expect(tensors["b"] == SafetensorsTensor(shape: [1, 2], values: [1, -2]))
  }

  @Test func roundsDoubles() throws {
    let values = [0.1, -3, .greatestFiniteMagnitude, 1 + 0x1p-24 + 0x1p-50]
    let header = #"{"d":{"dtype":"F64","shape":[2,2],"data_offsets":[0,32]}}"#
    let tensors = try read(file(header, values.flatMap { GGUFBuilder.little($0.bitPattern) }))
    #expect(tensors["d"] == SafetensorsTensor(shape: [2, 2], values: [0.1, -3, .infinity, 1 + 0x1p-23]))
  }

  @Test func metadataMayBeNull() throws {
    let header = #"{"__metadata__":null,"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
    #expect(try read(file(header, [0, 0, 0x80, 0x3F])) == ["a": SafetensorsTensor(shape: [1], values: [1])])
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = Array(SafetensorsFile.encode(Self.sample))
    for count in bytes.indices {
      #expect(throws: ModelFileError.self, "the first \(count) bytes were taken for a file") {
        try read(bytes[..<count])
      }
    }
    #expect(message(bytes + [0]).contains("as many as the tensors of the header take"))
  }

  @Test func headerIsChecked() {
    for length in [UInt64.max, 1 << 63, 1 << 40, 100, 1, 0] {
      #expect(message(GGUFBuilder.little(length) + Array("{}".utf8)).contains("header length: found \(length)"))
    }
    #expect(message(file("[]")).contains("a JSON object"))
    #expect(message(file(" {}")).contains("a JSON object"))
    #expect(message(file("{\"a\":")).contains("header"))
    #expect(message(file("{} x")).contains("header, byte 3 of the JSON: found \"x\", expected the end"))
    let entry = #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
    #expect(message(file("{\(entry),\(entry)}", [0, 0, 0, 0])).contains("a key that this object does not have yet"))
    #expect(message(file("{\"a\":" + String(repeating: "[", count: 100_000))).contains("levels of nesting"))
    #expect(
      message(file(#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#)).contains(
        "99999999999999999999"))
    #expect(message(GGUFBuilder.little(UInt64(5)) + Array("{\"".utf8) + [0xFF] + Array("\"}".utf8)).contains("header"))
    #expect(message(file(#"{"__metadata__":{"a":1}}"#)).contains("__metadata__"))
    #expect(message(file(#"{"a":{"dtype":"F32","shape":[1]}}"#)).contains("\"a\""))
    #expect(
      message(file(#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, [0, 0, 0, 0])).contains("\"shape\""))
    #expect(message(file(#"{"a":7}"#)).contains("\"a\""))
  }

  @Test(arguments: [
    (#""dtype":"I64","shape":[1],"data_offsets":[0,8]"#, "\"I64\", which is not supported"),
    (#""dtype":"F32","shape":[-1],"data_offsets":[0,8]"#, "[-1]"),
    (#""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]"#, "2⁶²"),
    (#""dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]"#, "2⁶²"),
    (#""dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]"#, "inside 8 bytes"),
    (#""dtype":"F32","shape":[1],"data_offsets":[0,8]"#, "expected [0, 4]"),
    (#""dtype":"F32","shape":[1],"data_offsets":[4,8]"#, "expected [0, 4]"),
    (#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#, "expected [0, 4]"),
    (#""dtype":"F32","shape":[2],"data_offsets":[-8,0]"#, "expected [0, 8]"),
    (#""dtype":"F32","shape":[2],"data_offsets":[0]"#, "expected [0, 8]"),
    (#""dtype":"F32","shape":[2],"data_offsets":[]"#, "expected [0, 8]"),
    (#""dtype":"F32","shape":[2],"data_offsets":[0,8,8]"#, "expected [0, 8]"),
  ])
  func entriesAreChecked(entry: String, expected: String) {
    let bad = message(file("{\"weights\":{\(entry)}}", [UInt8](repeating: 0, count: 8)))
    #expect(bad.contains("\"weights\"") && bad.contains(expected), "\(bad)")
  }

  @Test func namesThatAreTheSameTextAreRefused() {
    let entry = #""dtype":"F32","shape":[1],"data_offsets""#
    let bad = message(
      file("{\"\u{E9}\":{\(entry):[0,4]},\"e\u{301}\":{\(entry):[4,8]}}", [UInt8](repeating: 0, count: 8)))
    #expect(bad.contains("two tensors of this name"), "\(bad)")
  }

  @Test func overlapsAndGapsAreRefused() {
    func two(_ first: (Int, Int), _ second: (Int, Int)) -> String {
      message(
        file(
          """
          {"a":{"dtype":"F32","shape":[1],"data_offsets":[\(first.0),\(first.1)]},\
          "b":{"dtype":"F32","shape":[1],"data_offsets":[\(second.0),\(second.1)]}}
          """, [UInt8](repeating: 0, count: 12)))
    }
    #expect(two((0, 4), (0, 4)).contains("\"b\""))
    #expect(two((0, 4), (2, 6)).contains("\"b\""))
    #expect(two((0, 4), (8, 12)).contains("expected [4, 8]"))
    #expect(two((0, 4), (4, 8)).contains("data: found 12 bytes, expected 8"))
  }

  @Test func mutationsNeverCrash() throws {
    var generator = SeededGenerator(seed: 3)
    let bytes = Array(SafetensorsFile.encode(Self.sample, metadata: ["format": "pt"]))
    var opened = 0
    for _ in 0..<10_000 {
      do {
        let tensors = try read(mutated(bytes, using: &generator))
        opened += 1
        for tensor in tensors.values { #expect(tensor.shape.reduce(1, *) == tensor.values.count) }
      } catch let error as ModelFileError {
        #expect(!error.description.isEmpty)
      }
    }
    #expect((100...9_900).contains(opened))
  }
}
