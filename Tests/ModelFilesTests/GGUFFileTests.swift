import ModelFiles
import Testing

@Suite struct GGUFFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [UInt32(2), 3]) func readsEveryTypeOfMetadata(version: UInt32) throws {
    var builder = GGUFBuilder.complete
    builder.version = version
    let file = try GGUFFile(path: folder.write(builder.build(), to: "a.gguf"))
    #expect(file.version == Int(version))
    #expect(file.metadata.count == builder.metadata.count)
    #expect(file.metadata["u8"] == .unsigned(200))
    #expect(file.metadata["i8"] == .signed(-2))
    #expect(file.metadata["u16"] == .unsigned(60_000))
    #expect(file.metadata["i16"] == .signed(-3))
    #expect(file.metadata["u32"] == .unsigned(4_000_000_000))
    #expect(file.metadata["i32"] == .signed(-4))
    #expect(file.metadata["f32"] == .float(Double(Float(1e-5))))
    #expect(file.metadata["bool"] == .bool(true))
    #expect(file.metadata["string"] == .string("héllo"))
    #expect(file.metadata["u64"] == .unsigned(.max))
    #expect(file.metadata["i64"] == .signed(-5))
    #expect(file.metadata["f64"] == .float(0.1))
    #expect(file.metadata["strings"] == .strings(["a", "", "Ġthe"]))
    #expect(file.metadata["integers"] == .integers([1, -2]))
    #expect(file.metadata["floats"] == .floats([0.5]))
    #expect(file.metadata["booleans"] == .booleans([true, false]))
    #expect(file.metadata["large"] == .array([.unsigned(7), .unsigned(.max)]))
    #expect(file.metadata["nested"] == .array([.integers([9]), .strings(["x"])]))
  }

  @Test func readsTensorsInRowMajorOrder() throws {
    let file = try GGUFFile(path: folder.write(GGUFBuilder.complete.build(), to: "a.gguf"))
    #expect(file.tensors.count == 6)
    let plain = try file.tensor("plain", shape: [2, 3])
    #expect(plain.format == .float32 && plain.byteCount == 24 && plain.byteOffset % 32 == 0)
    let values = file.withBytes(of: plain) { dequantize($0, format: plain.format, count: plain.elementCount) }
    #expect(values == [0, 1, 2, 3, 4, 5])
    #expect(try file.tensor("q4_0").shape == [2, 1, 32])
    #expect(try file.tensor("q4_0").byteCount == 36)
    let brain = try file.tensor("brain")
    #expect(file.withBytes(of: brain) { Array($0) } == [0x80, 0x3F, 0x00, 0xC0])
  }

  @Test func honorsTheAlignmentOfTheFile() throws {
    var builder = GGUFBuilder()
    builder.alignment = 256
    builder.add("general.alignment", 4, GGUFBuilder.little(UInt32(256)))
    builder.tensors = [
      .init(name: "a", dimensions: [4], type: 0, data: [UInt8](repeating: 1, count: 16)),
      .init(name: "b", dimensions: [4], type: 0, data: [UInt8](repeating: 2, count: 16)),
    ]
    let file = try GGUFFile(path: folder.write(builder.build(), to: "a.gguf"))
    let second = try file.tensor("b")
    #expect(second.byteOffset % 256 == 0)
    #expect(file.withBytes(of: second) { Array($0) } == [UInt8](repeating: 2, count: 16))
  }

  @Test func readsAFileWithoutTensors() throws {
    var builder = GGUFBuilder()
    builder.add("general.architecture", 8, GGUFBuilder.text("llama"))
    let file = try GGUFFile(path: folder.write(builder.build(), to: "a.gguf"))
    #expect(file.tensors.isEmpty)
    #expect(try file.string("general.architecture") == "llama")
  }

  @Test func typedGettersGiveWhatIsThere() throws {
    let file = try GGUFFile(path: folder.write(GGUFBuilder.complete.build(), to: "a.gguf"))
    #expect(try file.string("string") == "héllo")
    #expect(try file.integer("u32") == 4_000_000_000)
    #expect(try file.integer("i8") == -2)
    #expect(try file.float("f32") == Double(Float(1e-5)))
    #expect(try file.bool("bool"))
    #expect(try file.strings("strings") == ["a", "", "Ġthe"])
    #expect(try file.integers("integers") == [1, -2])
    #expect(try file.floats("floats") == [0.5])
    #expect(try file.optionalInteger("u8") == 200)
    #expect(try file.optionalString("no such key") == nil)
    #expect(try file.optionalFloats("no such key") == nil)
  }

  @Test func typedGettersNameKeyFoundAndExpected() throws {
    let file = try GGUFFile(path: folder.write(GGUFBuilder.complete.build(), to: "a.gguf"))
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch { return "\(error)" }
    }
    let wrong = message { _ = try file.integer("string") }
    #expect(wrong.contains("\"string\"") && wrong.contains("héllo") && wrong.contains("an integer"))
    let missing = message { _ = try file.strings("tokenizer.ggml.tokens") }
    #expect(missing.contains("tokenizer.ggml.tokens") && missing.contains("no such key"))
    #expect(message { _ = try file.integer("u64") }.contains("18446744073709551615"))
    #expect(message { _ = try file.optionalBool("u8") }.contains("truth value"))
    #expect(message { _ = try file.tensor("output.weight") }.contains("no such tensor"))
    let shape = message { _ = try file.tensor("plain", shape: [3, 2]) }
    #expect(shape.contains("[2, 3]") && shape.contains("[3, 2]"))
  }

  @Test func hashesTheFile() throws {
    let path = try folder.write(Array("abc".utf8), to: "abc.gguf")
    let resolved = try ModelCatalog.resolve(path, environment: [:])
    #expect(resolved.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
