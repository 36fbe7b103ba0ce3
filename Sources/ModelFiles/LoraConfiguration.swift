import JSON

/// What `adapter_config.json` of a low-rank adapter says.
///
/// PEFT adds options from version to version. Those that we know to leave the matrices' meaning alone are passed over;
/// any other one must be off, or the adapter is refused: to run it as a plain one would give a different model.
struct LoraConfiguration {
  var rank: Int
  var alpha: Double
  var isRankStabilized: Bool
  var targets: [String]
  var baseModelName: String?

  init(rank: Int, alpha: Double, isRankStabilized: Bool, targets: [String], baseModelName: String?) {
    self.rank = rank
    self.alpha = alpha
    self.isRankStabilized = isRankStabilized
    self.targets = targets
    self.baseModelName = baseModelName
  }

  /// Read here, or without influence on a trained adapter.
  private static let known: Set<String> = [
    "peft_type", "task_type", "r", "lora_alpha", "use_rslora", "target_modules", "base_model_name_or_path",
    "init_lora_weights", "auto_mapping", "inference_mode", "lora_dropout", "peft_version", "revision", "megatron_core",
    "qalora_group_size", "runtime_config", "eva_config",
  ]
  /// Initializations that leave the model's own weights as they are.
  private static let initializations: Set<String> = ["gaussian", "eva", "orthogonal"]

  init(path: String) throws(ModelFileError) {
    let node = try JSONNode(file: path)
    func refuse(_ key: String, found: String, expected: String) -> ModelFileError {
      .unsupported(path: path, place: key, found: found, expected: expected)
    }
    let kind = try node.member("peft_type").string()
    guard kind == "LORA" else { throw refuse("peft_type", found: quoted(kind), expected: "\"LORA\"") }
    let task = try node.optional("task_type")?.string()
    guard task == nil || task == "CAUSAL_LM" else {
      throw refuse("task_type", found: quoted(task ?? ""), expected: "\"CAUSAL_LM\"")
    }
    for (key, value) in try node.members().sorted(by: { $0.key < $1.key }) where !Self.known.contains(key) {
      guard Self.isOff(value.value) else {
        throw refuse(key, found: "this option turned on", expected: "a plain LoRA adapter, without it")
      }
    }
    if case .string(let name)? = try node.optional("init_lora_weights")?.value, !Self.initializations.contains(name) {
      throw refuse(
        "init_lora_weights", found: quoted(name),
        expected: "an initialization that does not change the model's own weights; "
          + "convert the adapter with path_initial_model_for_weight_conversion of save_pretrained in Python")
    }
    let rankNode = try node.member("r")
    rank = try rankNode.integer()
    guard rank > 0 else { throw rankNode.mismatch("an integer of 1 or more") }
    alpha = try node.member("lora_alpha").number()
    isRankStabilized = try node.optional("use_rslora")?.bool() ?? false
    baseModelName = try node.optional("base_model_name_or_path")?.string()
    let targetsNode = try node.member("target_modules")
    guard case .array = targetsNode.value else {
      throw refuse("target_modules", found: "no list", expected: "a list of the modules' names")
    }
    var targets: Set<String> = []
    for element in try targetsNode.elements() {
      let name = try element.string()
      targets.insert(name.split(separator: ".").last.map(String.init) ?? name)
    }
    guard !targets.isEmpty else { throw targetsNode.mismatch("a list of one module or more") }
    self.targets = targets.sorted()
  }

  /// Whether a value is what PEFT writes for an option that is not used.
  private static func isOff(_ value: JSONElement.Value) -> Bool {
    switch value {
    case .null, .boolean(false): true
    case .string(let text): text == "none"
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }

  /// The configuration with its keys sorted, as PEFT writes it.
  var text: String {
    let whole = Int(exactly: alpha)
    let fields = [
      ("alpha_pattern", "{}"),
      ("auto_mapping", "null"),
      ("base_model_name_or_path", baseModelName.map { JSONValue.string($0).canonical } ?? "null"),
      ("bias", "\"none\""),
      ("fan_in_fan_out", "false"),
      ("inference_mode", "true"),
      ("init_lora_weights", "true"),
      ("layers_pattern", "null"),
      ("layers_to_transform", "null"),
      ("lora_alpha", whole.map(String.init) ?? "\(alpha)"),
      ("lora_dropout", "0.0"),
      ("modules_to_save", "null"),
      ("peft_type", "\"LORA\""),
      ("r", String(rank)),
      ("rank_pattern", "{}"),
      ("revision", "null"),
      ("target_modules", "[\(targets.map { JSONValue.string($0).canonical }.joined(separator: ", "))]"),
      ("task_type", "\"CAUSAL_LM\""),
      ("use_dora", "false"),
      ("use_rslora", "\(isRankStabilized)"),
    ]
    return "{\n" + fields.map { "  \"\($0.0)\": \($0.1)" }.joined(separator: ",\n") + "\n}\n"
  }
}
