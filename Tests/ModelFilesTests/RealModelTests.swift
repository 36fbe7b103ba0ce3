import ModelFiles
import Testing

/// The catalog's model, found (or fetched) once for all tests of it.
enum RealModel {
  static let resolved: Result<ResolvedModel, ModelFileError> = {
    do throws(ModelFileError) {
      return .success(try ModelCatalog.resolve("smollm2", watch: FetchWatch(note: { print("ModelFilesTests: \($0)") })))
    } catch {
      print("ModelFilesTests: SKIPPING the tests on the real model: \(error)")
      return .failure(error)
    }
  }()

  static var isAvailable: Bool { (try? resolved.get()) != nil }
}

@Suite(.enabled(if: RealModel.isAvailable, "the catalog's model can't be had; the reason is printed above"))
struct RealModelTests {
  private let file: GGUFFile

  init() throws { file = try GGUFFile(path: RealModel.resolved.get().path) }

  @Test func hasTheHashOfTheCatalog() throws {
    #expect(try RealModel.resolved.get().sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
    #expect(try RealModel.resolved.get().sha256 == file.sha256())
  }

  @Test func hasTheMetadataOfTheArchitecture() throws {
    #expect(try file.string("general.architecture") == "llama")
    #expect(try file.integer("llama.block_count") == 30)
    #expect(try file.integer("llama.embedding_length") == 576)
    #expect(try file.integer("llama.attention.head_count_kv") == 3)
    #expect(try file.float("llama.rope.freq_base") == 100_000)
    #expect(try file.string("tokenizer.ggml.pre") == "smollm")
    #expect(try file.strings("tokenizer.ggml.tokens").count == 49_152)
    #expect(try file.strings("tokenizer.ggml.tokens")[1] == "<|im_start|>")
    #expect(try file.integers("tokenizer.ggml.token_type").count == 49_152)
    #expect(try file.string("tokenizer.chat_template").contains("<|im_start|>"))
  }

  @Test func hasTheTensorsOfTheArchitecture() throws {
    #expect(file.tensors.count == 30 * 9 + 2)
    #expect(try file.tensor("token_embd.weight", shape: [49_152, 576]).format == .q8_0)
    #expect(try file.tensor("blk.29.ffn_down.weight", shape: [576, 1536]).format == .q4_1)
    #expect(try file.tensor("output_norm.weight", shape: [576]).format == .float32)
  }

  @Test func dequantizesAsTheReferenceDoes() throws {
    let fixture = try QuantizationFixture.load()
    #expect(fixture.modelRowsSHA256.count == 4)
    for (name, expected) in fixture.modelRowsSHA256 {
      let tensor = try file.tensor(name)
      let columns = try #require(tensor.shape.last)
      let count = min(tensor.elementCount, 64 * columns)
      let values = file.withBytes(of: tensor) { dequantize($0, format: tensor.format, count: count) }
      #expect(try sha256(values) == expected, "\(name)")
    }
  }
}
