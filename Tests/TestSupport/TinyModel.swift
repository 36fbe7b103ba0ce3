package import Compute
package import LanguageModel
import ModelFiles

/// The small random Llama of `Tests/Reference/tiny_llama.py`: 2 blocks, width 64, 4 heads on 2, 96 tokens, 256
/// positions.
package enum TinyModel: String, Sendable, CaseIterable {
  case f32, f16, q8_0, q4_1

  /// The path of the checkpoint.
  package var path: String { Fixtures.languageModel.path("tiny-llama-\(rawValue).gguf") }

  /// The checkpoint, loaded anew.
  package func load(threads: Int = 2, kernels: KernelSet = .best) throws -> LanguageModel {
    try LanguageModel(file: GGUFFile(path: path), context: ComputeContext(threads: threads, kernels: kernels))
  }
}
