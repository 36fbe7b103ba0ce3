import ModelFiles
import Testing

/// Files that are not as the format says: each gives one clear error, and none a crash.
@Suite struct GGUFBadInputTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder(inMemory: true) }

  /// The message that opening the bytes as a file gives.
  private func message(_ bytes: [UInt8]) throws -> String {
    let path = try folder.write(bytes, to: "bad.gguf")
    do {
      _ = try GGUFFile(path: path)
      return "no error"
    } catch {
      let message = "\(error)"
      #expect(message.hasPrefix(path))
      return message
    }
  }

  private func message(_ change: (inout GGUFBuilder) -> Void) throws -> String {
    var builder = GGUFBuilder.complete
    change(&builder)
    return try message(builder.build())
  }

  @Test func everyTruncationIsRefused() throws {
    let bytes = GGUFBuilder.complete.build()
    _ = try GGUFFile(path: folder.write(bytes, to: "whole.gguf"))
    for count in bytes.indices {
      let path = try folder.write(bytes[..<count], to: "cut.gguf")
      #expect(throws: ModelFileError.self, "the first \(count) bytes were taken for a file") {
        try GGUFFile(path: path)
      }
    }
  }

  @Test func headerIsChecked() throws {
    #expect(try message { $0.magic = Array("GGML".utf8) }.contains("0x47474d4c"))
    #expect(try message { $0.version = 1 }.contains("version 1"))
    #expect(try message { $0.version = 99 }.contains("version 99"))
    #expect(try message { $0.version = 0x0300_0000 }.contains("big-endian"))
    for count in [UInt64.max, 1 << 63, 1 << 40, 100] {
      #expect(try message { $0.claimedTensorCount = count }.contains("a count of \(count) tensors"))
      #expect(try message { $0.claimedMetadataCount = count }.contains("a count of \(count) metadata entries"))
    }
  }

  @Test func metadataIsChecked() throws {
    #expect(try message { $0.metadata.append(([0xFF, 0xFE], 0, [1])) }.contains("not UTF-8"))
    let value = try message { $0.add("name", 8, GGUFBuilder.little(UInt64(2)) + [0xC3, 0x28]) }
    #expect(value.contains("\"name\"") && value.contains("not UTF-8"))
    let element = try message { $0.add("tokens", 9, GGUFBuilder.list(8, [GGUFBuilder.little(UInt64(1)) + [0x80]])) }
    #expect(element.contains("\"tokens\"") && element.contains("not UTF-8"))
    #expect(try message { $0.metadata.append(([], 0, [1])) }.contains("an empty name"))
    #expect(try message { $0.add("u8", 0, [1]) }.contains("two entries of this key"))
    #expect(try message { $0.add("x", 13, [1]) }.contains("the value type 13"))
    #expect(try message { $0.add("x", 9, GGUFBuilder.list(13, [])) }.contains("the value type 13"))
    #expect(try message { $0.add("x", 7, [2]) }.contains("the byte 2 as a truth value"))
    #expect(try message { $0.add("x", 9, GGUFBuilder.list(7, [[0], [3]])) }.contains("the byte 3 as a truth value"))
  }

  @Test func absurdSizesAreRefusedBeforeAnythingIsAllocated() throws {
    for size in [UInt64.max, 1 << 62, 1 << 36, 1_000_000] {
      let stored = GGUFBuilder.little(size)
      #expect(try message { $0.add("x", 8, stored) }.contains("\(size) bytes of text"))
      #expect(try message { $0.metadata.insert(([], 8, stored), at: 0) }.contains("found"))
      for type in UInt32(0)...12 {
        let list = GGUFBuilder.little(type) + stored
        #expect(try message { $0.add("x", 9, list) }.contains("\(size) list elements"))
      }
    }
  }

  @Test func nestingIsBounded() throws {
    var value = GGUFBuilder.list(0, [[1]])
    for _ in 0..<3 { value = GGUFBuilder.list(9, [value]) }
    #expect(try message { $0.add("deep", 9, value) } == "no error")
    for _ in 0..<10_000 { value = GGUFBuilder.little(UInt32(9)) + GGUFBuilder.little(UInt64(1)) + value }
    #expect(try message { $0.add("deep", 9, value) }.contains("nested deeper"))
  }

  @Test func alignmentIsChecked() throws {
    for alignment in [UInt32(0), 1, 4, 24, 33, .max, 1 << 31] {
      let bad = try message { $0.metadata[$0.metadata.count - 1].value = GGUFBuilder.little(alignment) }
      #expect(bad.contains("general.alignment") && bad.contains("\(alignment)"))
    }
    let text = try message {
      $0.metadata[$0.metadata.count - 1] = (Array("general.alignment".utf8), 8, GGUFBuilder.text("32"))
    }
    #expect(text.contains("a power of two"))
  }

  @Test func tensorTableIsChecked() throws {
    #expect(try message { $0.tensors[1].name = "plain" }.contains("two tensors of this name"))
    #expect(try message { $0.tensors[1].name = "" }.contains("an empty name"))
    #expect(try message { $0.tensors[0].dimensions = [] }.contains("0 dimensions"))
    #expect(try message { $0.tensors[0].dimensions = [1, 1, 1, 1, 6] }.contains("5 dimensions"))
    #expect(try message { $0.tensors[0].dimensions = [3, 0] }.contains("a dimension of 0"))
    #expect(try message { $0.tensors[0].dimensions = [3, .max] }.contains("a dimension of 18446744073709551615"))
    #expect(try message { $0.tensors[0].dimensions = [1 << 62, 1 << 62] }.contains("fewer than 2⁶³ bytes"))
    #expect(try message { $0.tensors[4].dimensions = [33] }.contains("rows of 33 elements in Q4_1"))

    let unknown = try message { $0.tensors[3].type = 16 }
    #expect(
      unknown.contains("\"q4_0\"") && unknown.contains("IQ2_XXS (type number 16)") && unknown.contains("F32, F16, BF16")
    )
    #expect(try message { $0.tensors[3].type = 4_000_000 }.contains("unknown type 4000000"))
  }

  @Test(arguments: TensorFormat.allCases) func everyFormatMustBeWhole(format: TensorFormat) throws {
    var builder = GGUFBuilder()
    let row = UInt64(format.elementsPerBlock)
    builder.tensors = [
      .init(
        name: "w", dimensions: [row, 3], type: format.ggufType,
        data: [UInt8](repeating: 1, count: 3 * format.bytesPerBlock))
    ]
    let bytes = builder.build()
    #expect(try message(bytes) == "no error")
    let cut = try message(bytes.dropLast())
    #expect(cut.contains("\"w\"") && cut.contains("\(3 * format.bytesPerBlock) bytes of data"), "\(cut)")
    builder.tensors[0].dimensions = [row, 4]
    #expect(try message(builder.build()).contains("\(4 * format.bytesPerBlock) bytes of data"))
    guard row > 1 else { return }
    builder.tensors[0].dimensions = [row / 2, 6]
    let ragged = try message(builder.build())
    #expect(ragged.contains("rows of \(row / 2) elements in \(format.ggufName), expected a multiple of \(row)"))
  }

  @Test func tensorDataMustLieInTheFileAlone() throws {
    #expect(try message { $0.tensors[5].dimensions = [64] }.contains("68 bytes of data"))
    #expect(try message { $0.tensors[0].dimensions = [1 << 40] }.contains("\"plain\""))
    #expect(try message { $0.tensors[0].offset = 1 << 30 }.contains("1073741824"))
    #expect(try message { $0.tensors[0].offset = UInt64(Int64.max) - 31 }.contains("\"plain\""))
    #expect(try message { $0.tensors[0].offset = .max }.contains("a multiple of the alignment"))
    #expect(try message { $0.tensors[1].offset = 4 }.contains("a multiple of the alignment, 32"))
    let overlap = try message { $0.tensors[1].offset = 0 }
    #expect(overlap.contains("\"half\"") && overlap.contains("\"plain\""))
  }

  @Test func whatIsNoFileIsRefused() throws {
    #expect(throws: ModelFileError.unreadable(path: "/nowhere/a.gguf", reason: "No such file or directory")) {
      try GGUFFile(path: "/nowhere/a.gguf")
    }
    #expect(throws: ModelFileError.self) { try GGUFFile(path: folder.path) }
    #expect(try message([]).contains("the end of the file"))
  }

  @Test func messagesDoNotRepeatControlCharactersOrEndlessNames() throws {
    let long = String(repeating: "a", count: 5_000) + "\u{1B}[2J"
    let bad = try message { $0.add(long, 13, []) }
    #expect(bad.count < 500)
    #expect(try !message { $0.add("\u{1B}[2J\n", 13, []) }.contains("\u{1B}"))
  }

  @Test func mutationsNeverCrash() throws {
    var generator = SeededGenerator(seed: 2)
    let bytes = GGUFBuilder.complete.build()
    var opened = 0
    for _ in 0..<20_000 {
      let path = try folder.write(mutated(bytes, using: &generator), to: "mutated.gguf")
      do {
        let file = try GGUFFile(path: path)
        opened += 1
        for tensor in file.tensors.values {
          let values = file.withBytes(of: tensor) { dequantize($0, format: tensor.format, count: tensor.elementCount) }
          #expect(values.count == tensor.elementCount)
        }
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
    // Damage to values and data leaves a sound file; a loop that opened none, or all, would have tested little.
    #expect((1_000...19_000).contains(opened))
  }
}
