import ArgumentParser
import Experiments
import Stages

/// What computes with the model, and how.
struct EngineOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "native (Antipode's own), or transformers (PyTorch, on a GPU if there is one; see make engine).")
  var engine = EngineSettings.Kind.native

  @Option(name: .long, help: "The device of transformers: auto, cpu, cuda, or a GPU such as cuda:1.")
  var device = EngineSettings.anyDevice

  @Option(name: .long, help: "The data type of transformers: float32, bfloat16 or float16.")
  var dtype = TransformersComputation.NumberFormat.float32

  @Option(name: .long, help: "The weight quantization of transformers: nf4 or int8 (default: none).")
  var quantization: TransformersComputation.Quantization?

  @Option(
    name: .long, help: "The attention of transformers: eager, sdpa or flash_attention_2 (default: its own).")
  var attention: TransformersComputation.Attention?

  private var settings: EngineSettings {
    var settings = EngineSettings()
    settings.kind = engine
    settings.device = device
    settings.computation = TransformersComputation(dtype: dtype, quantization: quantization, attention: attention)
    return settings
  }

  /// What stages would name.
  func computation(_ precision: ProductPrecision) -> ModelComputation { settings.computation(precision) }

  /// Refuses what one engine's options say to the other.
  func check(beside precision: ProductPrecision) throws {
    do {
      try settings.check(beside: precision)
    } catch {
      throw ValidationError("--\(error)")
    }
  }
}

extension EngineSettings.Kind: ExpressibleByArgument {}
extension TransformersComputation.NumberFormat: ExpressibleByArgument {}
extension TransformersComputation.Quantization: ExpressibleByArgument {}
extension TransformersComputation.Attention: ExpressibleByArgument {}
