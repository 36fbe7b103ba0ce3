package import Foundation

/// A low-rank adapter (LoRA) of Hugging Face PEFT on disk, so that Python users can load it with
/// `PeftModel.from_pretrained`, and we what they trained.
///
/// The folder holds `adapter_model.safetensors`, with `base_model.model.model.layers.N.MODULE.lora_A.weight` of shape
/// `[r, inputs]` and `….lora_B.weight` of shape `[outputs, r]` for each layer and module, and `adapter_config.json`, a
/// `LoraConfig` (https://huggingface.co/docs/peft/package_reference/lora).
package struct LoraAdapterFile: Sendable, Hashable {
  /// The two matrices of one module, row-major.
  package struct Pair: Sendable, Hashable {
    /// A, `[r, inputs]`.
    package let a: SafetensorsTensor
    /// B, `[outputs, r]`.
    package let b: SafetensorsTensor

    package init(a: SafetensorsTensor, b: SafetensorsTensor) {
      self.a = a
      self.b = b
    }
  }

  /// r.
  package let rank: Int
  /// α.
  package let alpha: Double
  /// Whether the scale is α / √r instead of α / r: `use_rslora`.
  package let isRankStabilized: Bool
  /// The modules with their part of the layer, such as `self_attn.q_proj`, sorted. Every layer has all of them.
  package let modules: [String]
  /// The pairs of each layer, in the order of `modules`.
  package let layers: [[Pair]]
  /// The model that the adapter belongs to, as a Hugging Face name or a path; nil if it is not known.
  package let baseModelName: String?

  static let weightsName = "adapter_model.safetensors"
  static let configurationName = "adapter_config.json"
  private static let prefix = "base_model.model.model.layers."

  /// Makes an adapter of matrices in memory.
  /// - Precondition: The modules are sorted, each layer has a pair of rank `rank` for each, and α is a finite number.
  package init(
    rank: Int, alpha: Double, isRankStabilized: Bool, modules: [String], layers: [[Pair]], baseModelName: String?
  ) {
    precondition(modules == Set(modules).sorted() && alpha.isFinite, "the modules must be sorted, and α finite")
    precondition(
      layers.allSatisfy { pairs in
        pairs.count == modules.count && pairs.allSatisfy { $0.a.shape.first == rank && $0.b.shape.last == rank }
      }, "each layer must have a pair of the rank for each module")
    self.rank = rank
    self.alpha = alpha
    self.isRankStabilized = isRankStabilized
    self.modules = modules
    self.layers = layers
    self.baseModelName = baseModelName
  }

  private static func name(_ layer: Int, _ module: String, _ matrix: String) -> String {
    "\(prefix)\(layer).\(module).lora_\(matrix).weight"
  }

  // MARK: - Reading

  /// Reads an adapter's folder, ours or one that PEFT saved.
  /// - Throws: `ModelFileError`: `.unreadable` for a missing file, `.unsupported` for another kind of adapter or an
  ///   option that changes what the matrices mean, `.malformed` where configuration and tensors contradict each other,
  ///   a tensor is missing or too many, or a number is not finite.
  package init(folder: String) throws(ModelFileError) {
    let configuration = try LoraConfiguration(path: "\(folder)/\(Self.configurationName)")
    let path = "\(folder)/\(Self.weightsName)"
    let tensors = try SafetensorsFile.read(path: path)
    var modules: Set<String> = [], layerCount = 0
    for name in tensors.keys.sorted() {
      guard let (layer, module) = Self.place(of: name), configuration.targets.contains(Self.lastPart(of: module))
      else {
        throw .malformed(
          path: path, place: "tensor \(quoted(name))", found: "this name",
          expected: "\(Self.name(0, "PART.MODULE", "A")) or …lora_B.weight, with a module of target_modules of "
            + "\(Self.configurationName): \(configuration.targets.joined(separator: ", "))")
      }
      modules.insert(module)
      layerCount = max(layerCount, layer + 1)
    }
    for target in configuration.targets where !modules.contains(where: { Self.lastPart(of: $0) == target }) {
      throw .malformed(
        path: path, place: "header", found: "no tensor of \(quoted(target))",
        expected: "its matrices, as target_modules of \(Self.configurationName) says")
    }
    guard layerCount * modules.count * 2 == tensors.count else {
      let missing = Self.firstMissing(layers: layerCount, modules: modules.sorted(), in: tensors)
      throw .malformed(
        path: path, place: "tensor \(quoted(missing))", found: "no such tensor",
        expected: "A and B of each of the modules \(modules.sorted().joined(separator: ", ")) in \(layerCount) layers")
    }
    let rank = configuration.rank
    func matrix(_ name: String, rankAt axis: Int) throws(ModelFileError) -> SafetensorsTensor {
      guard let tensor = tensors[name] else {
        throw .malformed(path: path, place: "tensor \(quoted(name))", found: "no such tensor", expected: "it")
      }
      guard tensor.shape.count == 2, tensor.shape[axis] == rank, tensor.shape[1 - axis] > 0 else {
        throw .malformed(
          path: path, place: "tensor \(quoted(name))", found: "the shape \(tensor.shape)",
          expected: axis == 0 ? "[\(rank), inputs], as r says" : "[outputs, \(rank)], as r says")
      }
      if let index = tensor.values.firstIndex(where: { !$0.isFinite }) {
        throw .malformed(
          path: path, place: "tensor \(quoted(name)), number \(index)", found: "\(tensor.values[index])",
          expected: "finite numbers")
      }
      return tensor
    }
    let sorted = modules.sorted()
    var layers: [[Pair]] = []
    for layer in 0..<layerCount {
      var pairs: [Pair] = []
      for module in sorted {
        pairs.append(
          Pair(
            a: try matrix(Self.name(layer, module, "A"), rankAt: 0),
            b: try matrix(Self.name(layer, module, "B"), rankAt: 1)))
      }
      layers.append(pairs)
    }
    self.init(
      rank: rank, alpha: configuration.alpha, isRankStabilized: configuration.isRankStabilized, modules: sorted,
      layers: layers, baseModelName: configuration.baseModelName)
  }

  /// Layer and module of a tensor's name, if it is one of an adapter.
  private static func place(of name: String) -> (layer: Int, module: String)? {
    for suffix in [".lora_A.weight", ".lora_B.weight"] where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      let parts = name.dropFirst(prefix.count).dropLast(suffix.count).split(
        separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let layer = Int(parts[0]), 0..<100_000 ~= layer, String(layer) == parts[0],
        !parts[1].isEmpty
      else { return nil }
      return (layer, String(parts[1]))
    }
    return nil
  }

  private static func lastPart(of module: String) -> String {
    module.split(separator: ".").last.map(String.init) ?? module
  }

  private static func firstMissing(
    layers: Int, modules: [String], in tensors: [String: SafetensorsTensor]
  ) -> String {
    for layer in 0..<layers {
      for module in modules {
        for matrix in ["A", "B"] {
          let name = name(layer, module, matrix)
          if tensors[name] == nil { return name }
        }
      }
    }
    return ""
  }

  // MARK: - Writing

  /// The adapter's files, in the order of their names. Equal adapters give equal bytes.
  package func encode() -> [(name: String, bytes: Data)] {
    var tensors: [String: SafetensorsTensor] = [:]
    for (layer, pairs) in layers.enumerated() {
      for (module, pair) in zip(modules, pairs) {
        tensors[Self.name(layer, module, "A")] = pair.a
        tensors[Self.name(layer, module, "B")] = pair.b
      }
    }
    let configuration = LoraConfiguration(
      rank: rank, alpha: alpha, isRankStabilized: isRankStabilized,
      targets: Set(modules.map(Self.lastPart)).sorted(), baseModelName: baseModelName)
    // The metadata is what PEFT's own files carry; transformers asks for it.
    return [
      (Self.configurationName, Data(configuration.text.utf8)),
      (Self.weightsName, SafetensorsFile.encode(tensors, metadata: ["format": "pt"])),
    ]
  }
}
