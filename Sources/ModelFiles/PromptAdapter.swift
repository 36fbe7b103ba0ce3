package import Foundation
import JSON

/// A soft prompt as a prompt-tuning adapter of Hugging Face PEFT, so that Python users can load it with
/// `PeftModel.from_pretrained`.
///
/// The folder holds `adapter_model.safetensors` with one tensor, `prompt_embeddings` of shape `[P, d]`, and
/// `adapter_config.json`, a `PromptTuningConfig` (https://huggingface.co/docs/peft/package_reference/prompt_tuning).
package struct PromptAdapter: Sendable, Hashable {
  /// The prompt's rows, `[P, d]` in row-major order.
  package let embeddings: [Float]
  /// `P`, the number of virtual tokens; zero for an empty prompt.
  package let virtualTokenCount: Int
  /// `d`, the width of the model's embeddings.
  package let tokenDimension: Int
  /// The model that the prompt was tuned on, as a Hugging Face name or a path; `nil` if it is not known.
  package let baseModelName: String?
  /// The model's attention heads; `nil` if not known.
  package let attentionHeadCount: Int?
  /// The model's blocks; `nil` if not known.
  package let layerCount: Int?

  private static let weightsName = "adapter_model.safetensors"
  private static let configurationName = "adapter_config.json"
  private static let tensorName = "prompt_embeddings"

  /// Makes an adapter of a prompt in memory.
  /// - Precondition: `embeddings` has `virtualTokenCount · tokenDimension` numbers.
  package init(
    embeddings: [Float], virtualTokenCount: Int, tokenDimension: Int, baseModelName: String?,
    attentionHeadCount: Int?, layerCount: Int?
  ) {
    precondition(embeddings.count == virtualTokenCount * tokenDimension, "the prompt must have P rows of d numbers")
    self.embeddings = embeddings
    self.virtualTokenCount = virtualTokenCount
    self.tokenDimension = tokenDimension
    self.baseModelName = baseModelName
    self.attentionHeadCount = attentionHeadCount
    self.layerCount = layerCount
  }

  /// Reads an adapter's folder, ours or one that PEFT saved.
  /// - Throws: `ModelFileError`: `.unreadable` for a missing file, `.unsupported` for another kind of adapter,
  ///   `.malformed` where the configuration and the tensor contradict each other or a number is not finite.
  package init(folder: String) throws(ModelFileError) {
    let configurationPath = folder + "/" + Self.configurationName
    let configurationFile = try MappedFile(path: configurationPath)
    let json = configurationFile.withBytes(in: 0..<configurationFile.count) { [UInt8]($0) }
    let configuration = try JSONNode(parsing: json, path: configurationPath, place: "configuration")
    let kind = try configuration.member("peft_type").string()
    guard kind == "PROMPT_TUNING" else {
      throw .unsupported(
        path: configurationPath, place: "peft_type", found: quoted(kind), expected: "\"PROMPT_TUNING\"")
    }
    let submoduleCount = try configuration.optional("num_transformer_submodules")?.integer() ?? 1
    guard submoduleCount == 1 else {
      throw .unsupported(
        path: configurationPath, place: "num_transformer_submodules", found: "\(submoduleCount)",
        expected: "1, a prompt for one decoder")
    }
    let virtualTokenCount = try configuration.member("num_virtual_tokens").integer()
    let tokenDimension = try configuration.member("token_dim").integer()

    let weightsPath = folder + "/" + Self.weightsName
    let tensors = try SafetensorsFile.read(path: weightsPath)
    let place = "tensor \(quoted(Self.tensorName))"
    guard let tensor = tensors[Self.tensorName], tensors.count == 1 else {
      throw .malformed(
        path: weightsPath, place: "header", found: "the tensors \(tensors.keys.sorted())",
        expected: "only \(quoted(Self.tensorName))")
    }
    guard tensor.shape == [virtualTokenCount, tokenDimension] else {
      throw .malformed(
        path: weightsPath, place: place, found: "the shape \(tensor.shape)",
        expected: "[\(virtualTokenCount), \(tokenDimension)], "
          + "which num_virtual_tokens and token_dim of \(Self.configurationName) say")
    }
    if let index = tensor.values.firstIndex(where: { !$0.isFinite }) {
      throw .malformed(
        path: weightsPath, place: "\(place), row \(index / tokenDimension)",
        found: "\(tensor.values[index])", expected: "finite numbers")
    }
    self.init(
      embeddings: tensor.values, virtualTokenCount: virtualTokenCount,
      tokenDimension: tokenDimension, baseModelName: try configuration.optional("base_model_name_or_path")?.string(),
      attentionHeadCount: try configuration.optional("num_attention_heads")?.integer(),
      layerCount: try configuration.optional("num_layers")?.integer())
  }

  /// The adapter's files, in the order of their names. Equal adapters give equal bytes.
  package func encode() -> [(name: String, bytes: Data)] {
    let tensor = SafetensorsTensor(shape: [virtualTokenCount, tokenDimension], values: embeddings)
    // The metadata is what PEFT's own files carry; transformers asks for it.
    let weights = SafetensorsFile.encode([Self.tensorName: tensor], metadata: ["format": "pt"])
    return [(Self.configurationName, Data(configurationText.utf8)), (Self.weightsName, weights)]
  }

  /// The configuration with its keys sorted, as PEFT writes it.
  private var configurationText: String {
    let fields = [
      ("auto_mapping", "null"),
      ("base_model_name_or_path", baseModelName.map { JSONValue.string($0).canonical } ?? "null"),
      ("inference_mode", "true"),
      ("modules_to_save", "null"),
      ("num_attention_heads", attentionHeadCount.map(String.init) ?? "null"),
      ("num_layers", layerCount.map(String.init) ?? "null"),
      ("num_transformer_submodules", "1"),
      ("num_virtual_tokens", String(virtualTokenCount)),
      ("peft_type", "\"PROMPT_TUNING\""),
      ("prompt_tuning_init", "\"RANDOM\""),
      ("prompt_tuning_init_text", "null"),
      ("revision", "null"),
      ("task_type", "\"CAUSAL_LM\""),
      ("token_dim", String(tokenDimension)),
      ("tokenizer_kwargs", "null"),
      ("tokenizer_name_or_path", "null"),
    ]
    return "{\n" + fields.map { "  \"\($0.0)\": \($0.1)" }.joined(separator: ",\n") + "\n}\n"
  }
}
